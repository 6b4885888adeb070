"""Given names that are used for one another. Our own list, of forms that are common in the UK.

A line is one name in its forms. A form may stand in several lines: Alex is short for two names.
"""

from __future__ import annotations

_FORMS = """
abigail abby abi gail
adam ads
agnieszka aga agnes
ahmed ahmad ahmet
aisha ayesha aysha aishah
albert al bert bertie alby
aleksandra ola alexandra alex lexi sandra sasha
alexander alex alec alasdair alistair sandy xander
alfred alf alfie fred freddie
alice ali alys
alison ali allison allie
amanda mandy
amelia amy millie
andrew andy drew andrzej
angela angie ange
anna ann anne annie ania anya hannah
anthony tony antony ant
antoinette toni nettie
archibald archie
arthur art artie
barbara barb babs basia
barnaby barney
bartholomew bart
beatrice bea trixie beatrix
begum begam
benjamin ben benny benji
bernadette bernie
bernard bernie
bradley brad
bridget bridie biddy bridgette
caroline carol carrie caz carolyn
catherine katherine kathryn katharine catharine kate katie kathy cathy kath kat kitty kay cath
cecilia celia cissy
charles charlie chas chuck karol
charlotte charlie lottie lotte
chloe khloe
christine chris chrissie christina tina kristina krystyna
christopher chris kit krzysztof krzysiek topher
clare claire clara
clement clem
clifford cliff
connor conor
cynthia cindy
daniel dan danny
danielle dani danni
darren daz
david dave davey davy dawid
deborah debbie deb debra debs
dennis denis den
derek del derrick
dominic dom dominik
donald don donnie
dorothy dot dottie dolly dora dorota
douglas doug dougie
edith edie
edmund ed eddie ned
edward ed eddie ted teddy ned
eileen aileen
eleanor ellie nell nora elinor ella
elizabeth liz lizzie beth betty bess eliza libby elsie lizzy elisabeth elspeth lisa elzbieta ela
ellen nell ellie nellie
emily em emmie millie
emma em emmie
ernest ernie
eugene gene
evelyn evie eve
ewa eva eve
fatima fathima fatimah
florence flo florrie flossie
frances fran frankie francesca franny
francis frank frankie
frederick fred freddie freddy
gabrielle gabby gaby
gareth gary gaz
gary gaz garry
geoffrey geoff jeff jeffrey
george georgie jerzy
georgina georgie gina georgia
gerald gerry jerry ged
gerard gerry ged
gillian gill jill jillian
gordon gordy
grace gracie
graham graeme grahame
gregory greg grzegorz grzesiek
gwendoline gwen
harold harry hal
harriet hattie harry
helen nell helena nellie
henry harry hal hank henryk
herbert bert bertie herb
hugh huw hughie
hussain hussein husain hussayn
ian iain
ibrahim ebrahim
irene rene
isabel izzy bella isobel isabella belle izabela iza
isaac ike zac
jacob jake jakub kuba jack
jacqueline jackie jacqui
james jim jimmy jamie jem
jan janek john
jane janie jayne
janet jan
janice jan
jasmine jas yasmin jazz
jason jay jase
jean jeannie jeanie
jennifer jen jenny jenni jennie
jeremy jez jerry jem
jessica jess jessie
joan joanie
joanna jo joanne asia johanna
jonathan jon jonny jonathon
john jack johnny jon
joseph joe joey jozef yusuf yousef yousuf yusef
josephine jo josie
joshua josh
joyce joy
judith judy judi jude
julia jules julie
julian jules
katarzyna kasia catherine katherine
kenneth ken kenny
kevin kev
khadija khadijah
kimberley kim kimberly
laura laurie lori
lawrence larry laurie lauren laurence
leonard len lenny leo
leslie les lesley
lewis louis lew
lilian lily lil lillian
linda lin lynda lindy
louise lou
lukasz luke lucas
lucy lucille lucinda
luke lucas
lynn lynne lyn
madeleine maddie maddy madeline
magdalena magda maggie
malcolm mal malc
malgorzata gosia margaret
margaret maggie meg peggy marge madge margie greta daisy rita peg
maria mary marie marysia marya
mark marc marek
marjorie marge margie
martha marty mattie
martin marty marcin martyn
mary molly polly may mae
maryam mariam miriam maryum
matilda tilly tilda mattie
matthew matt matty mat mateusz mathew
maureen mo
maurice mo morris
maxwell max
megan meg meghan
melanie mel
melissa mel lissa
michael mike mick micky mikey michal micheal
michelle shell chelle
miranda mandy
mohammed muhammad mohammad mohamed muhammed mohamad mohd md mo
monica monika
natalie nat natalia
nathan nat nate nathaniel
neil neal niall
nicholas nick nicky nic nicolas mikolaj
nicola nicky nikki nic nicole
nigel nige
norman norm
oliver ollie olly
olivia liv livvy ollie
omar umar
oscar ozzie
pamela pam pammy
patricia pat patsy tricia trish patty
patrick pat paddy patryk
paula pauline polly
pawel paul
penelope penny
peter pete piotr piotrek
philip phil phillip pip
philippa pippa phil
phyllis phyl
priscilla cilla
rachel rach rachael ray
raymond ray
rebecca becky becca beck bex
reginald reg reggie
rhiannon rhi
richard rick dick richie ricky rich ryszard
robert bob bobby rob robbie bert
roberta bobbie
roderick rod roddy
rodney rod
roger rodge
ronald ron ronnie
rosalind ros roz
rosemary rose rosie
roseanne rosie rose rosanna
rupert bert
ruth ruthie
samantha sam sammy
samuel sam sammy
sandra sandy
sarah sally sadie sara
sebastian seb bas
shirley shirl
sidney sid sydney
simon si
sophie sophia soph sofia zofia zosia sofie
stanislaw staszek stan
stanley stan
stephanie steph stef stefanie
stephen steve steven stevie stefan szczepan
stuart stu stewart
susan sue susie suzie suzy suzanne susannah zuzanna
sylvia syl
teresa terry tess theresa tessa tracy
terence terry tel terrance
theodore theo ted teddy
thomas tom tommy tomasz tomek
timothy tim timmy
toby tobias
tracey tracy
trevor trev
usman uthman osman
valerie val
vanessa nessa
veronica ronnie vera
victor vic wiktor
victoria vicky vicki tori vic wiktoria
vincent vince vinny
violet vi
virginia ginny ginger
vivien viv vivian vivienne
walter wally walt
wendy wend
wilfred wilf fred
william bill billy will willie liam wills
winifred winnie freda
wojciech wojtek
yasmin yasmeen jasmin
yvonne evonne
zachary zac zach zack zak
zainab zaynab zaineb
zoe zoey
"""


def _classes() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in _FORMS.split("\n"):
        forms = line.split()
        for form in forms:
            found.setdefault(form, set()).add(forms[0])
    return {form: frozenset(names) for form, names in found.items()}


_CLASSES = _classes()
_NONE: frozenset[str] = frozenset()


def stands_for(word: str) -> frozenset[str]:
    """The names that a word (lower case, without accents) is a form of, itself among them; perhaps none."""
    return _CLASSES.get(word, _NONE)


def same_name(one: str, other: str) -> bool:
    """Whether two words are forms of one name."""
    return not stands_for(one).isdisjoint(stands_for(other))
