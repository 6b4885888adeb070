"""The domestic abuse cases of the story, in the order they were opened. Everything in them is invented."""

from conference.demo.marac.heard import AISHA, AISHA_BEFORE, SEUN, SIAN
from conference.demo.marac.listed import BETH, CHLOE, DANIEL, THANH
from conference.demo.marac.maria import MARIA

ALL = (AISHA_BEFORE, SEUN, SIAN, THANH, MARIA, CHLOE, DANIEL, AISHA, BETH)
