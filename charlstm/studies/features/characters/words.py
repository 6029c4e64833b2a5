"""Where in a word or a sentence a character stands, what kind of word it is, and vowels."""

import re
import unicodedata

import numpy as np

from charlstm.studies.features.characters.marking import Flags, Marking, before, since, where
from charlstm.studies.features.characters.quotes import EMPTY_LINE

NUMBER = re.compile(r"(?<!\w)(?:0[xX][0-9a-fA-F]*|[0-9]+)")
URL = re.compile(
    r"(?:(?<=\bhttp:/)|(?<=\bhttps:/)|(?<=\bftp:/))/[^\s<>\"']*|(?<=\bwww\.)[^\s<>\"']*"
)
SENTENCE = re.compile(f"[.!?]|{EMPTY_LINE}")
VOWELS = frozenset("aeiou")


def position_in_word(text: str) -> Marking:
    """How many characters of a word are read, 0 outside; what follows a word needs it."""
    word = where(text, _is_of_word)
    values = np.where(word, since(~word), 0).astype(np.int32)
    return Marking(values, before(word) & ~word)


def position_in_sentence(text: str) -> Marking:
    """How many characters of a sentence are read; the . ! or ? that ends it needs it.

    An empty line ends one too. Up to the first end nothing is counted.
    """
    ends = np.zeros(len(text), np.bool_)
    for match in SENTENCE.finditer(text):
        ends[match.end() - 1] = True
    begun = np.logical_or.accumulate(ends)
    values = np.where(begun, since(ends), 0).astype(np.int32)
    return Marking(values, where(text, ".!?".__contains__))


def number(text: str) -> Marking:
    """Inside a number, from its first digit on."""
    return Marking(_matched(text, NUMBER))


def url(text: str) -> Marking:
    """Inside a URL, once http:// or www. is read."""
    return Marking(_matched(text, URL))


def capitalised(text: str) -> Marking:
    """In a word whose first letter is a capital."""
    letters = where(text, str.isalpha)
    first = letters & ~before(letters)
    return Marking(letters & _since_last(where(text, str.isupper), first))


def capitals(text: str) -> Marking:
    """In a word of capitals only, from its second on, such as ROMEO; what follows needs it."""
    letters, upper = where(text, str.isalpha), where(text, str.isupper)
    run = since(~upper)  # capitals in a row
    began = ~before(letters)  # a letter here begins a word
    at_first = _since_last(began, upper & ~before(upper))
    values = upper & (run >= 2) & at_first
    return Marking(values, before(values))


def vowel_next(text: str) -> Marking:
    """Before a vowel; the vowels need it."""
    vowels = where(text, _is_vowel)
    return Marking(np.append(vowels[1:], False)[: len(text)], vowels)


def _matched(text: str, pattern: re.Pattern[str]) -> Flags:
    values = np.zeros(len(text), np.bool_)
    for match in pattern.finditer(text):
        values[match.start() : match.end()] = True
    return values


def _since_last(flags: Flags, begins: Flags) -> Flags:
    """The flag at the last place where something began, for each place; False before the first."""
    places = np.maximum.accumulate(np.where(begins, np.arange(len(begins)), -1))
    return np.asarray(flags[places] & (places >= 0))


def _is_of_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _is_vowel(character: str) -> bool:
    return unicodedata.normalize("NFD", character.lower())[:1] in VOWELS
