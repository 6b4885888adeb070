"""How often three signs in a row stand in names, roughly: which of a name's are worth looking for.

Reckoned from the commonest given names and surnames of England and Wales, with those that are common among
people of Polish and South Asian descent. Fixed, so that what is stored has no part in the choice.
"""

from __future__ import annotations

_RARE = 2.0

_PER_MILLE = """
74 er$
73 on$
66 son
64 ^ma
63 ^jo
55 an$
54 es$
46 ^ja
44 ^an mar
42 ^wi en$
41 wil
40 el$ har
38 ^da
37 ^ro ill th$ tho
35 cha lli
32 ^ch ^pa iam lia
31 ith
30 ich
29 avi dav ris rob
28 am$ mit ric
27 ^th and hom
26 ^ha mas
25 ^sm ard smi
24 oma
23 ia$ or$
22 ber ert ew$ joh obe ohn
21 ^mi ams ark ell jon ms$ ne$ nes one phe ry$
20 ^al
19 ^je as$ is$ jam oli
18 ^br ^co ^st ah$ chr hri ies ist jac lin ll$ nso rd$ ste
17 ^wa arr ary ham hel in$ mes mic ndr
16 ^le ^mo ^ta ame ayl ine lor nie oph rah tay ter ylo
15 ^ka ^ke ^ol ^sa ali ani are her id$ liv nna ns$ rk$ the
14 ^cl ^gr ^li ^ri ack ant ata bro cla eph na$ nth own row vid wn$
13 ^em ael aul ca$ dan ed$ hae hn$ ie$ ma$ med mma pau phi ria rt$ sha ul$ vie
12 ^pe amm dre eli ete gar ins jos ker ly$ org pet rew rga te$ tin war
11 ^ev ann ans att aur da$ der enn eva hen hew iel mat nda pat ren rri tep tth van wal
10 ^am ^ca ^la ^re che col don han hil hon ils lau lso ny$ ony ott re$ rts rzy sto ta$ top
9 ^el ^ge ^mu ck$ eor eri ge$ geo ha$ hns hua ian ive jan len lew lis man osh rge rry rya shu ua$ ver
9 wis
8 ^be ^de ^do ^ed ^hu ^ni ^su ^wo abe ahm arg art ath atr bet cia dwa edw ee$ et$ eth ewi fer ici ife
8 iza jen lee liz lle mil mon mps ng$ nif nni od$ ood pso ret san sti sus tri ts$ usa zab
7 ^ah ^he ^ph ^pr ^ra ^si ^tr ain air alk all ama ara bec bin cca coo ds$ ebe ecc ele emm ess gan gel
7 gra hme ica ind ire iso jes kar ke$ la$ lai lar li$ lie lip lke mor nde obi onn pri ra$ rac ray rds
7 reb sam sar sic ssi tha tso uel ura woo
6 ^ad ^ai ^fa ^na ^sh ^so ^wh ad$ ada aha ais ald amy arl ati ats chl dam emi ey$ fat ght hie hit hlo
6 ht$ igh ily ima ing ish ite ivi kin ld$ loe lot mad mal mme moh muh my$ nah nal nat oe$ oha omp ona
6 rke rlo sim sop tar tim tte uha via wat wel whi
5 ^ag ^kr ^pi ^to ^wr ^za ab$ agn alg ane ari arz asz awe bel ben bri cat cks drz ean een ej$ ers esz
5 eve ger gni gor gre hal ina iot ita iya jea joa ka$ kat kel ki$ krz kso lgo lly moo nab nig nit oan
5 of$ oge oop ope orz ose otr paw per pio ree rig rin riy rog rza rze ski sz$ szk szt tev tof tom tr$
5 tt$ ven wri ya$ yam yna ysz zai zat zej zka zto zyn zys
4 ^ba ^er ^fr ^ga ^ia ^ki ala ami ank aso eit ek$ ere evi fra ic$ kei kev lan min nk$ ran rek rti vin
"""

_KNOWN = {
    gram: float(share)
    for share, *grams in (line.split() for line in _PER_MILLE.strip().split("\n"))
    for gram in grams
}


def per_mille(gram: str) -> float:
    """Of a thousand names, how many hold this gram (`^` begins a word, `$` ends it)."""
    return _KNOWN.get(gram, _RARE)
