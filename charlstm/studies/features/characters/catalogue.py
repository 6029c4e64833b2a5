"""All features of the library. A new one is a function in a file beside this, and a line here."""

from charlstm.studies.features.characters import brackets, code, lines, quotes, words
from charlstm.studies.features.characters.marking import Feature

CLOSING = "the closing mark"
FEATURES = (
    Feature("quotes", 'inside "…"', quotes.straight_double, CLOSING),
    Feature("single-quotes", "inside '…'", quotes.straight_single, CLOSING),
    Feature("curly-quotes", "inside “…”", quotes.curly_double, CLOSING),
    Feature("curly-single-quotes", "inside ‘…’", quotes.curly_single, CLOSING),
    Feature("low-quotes", "inside „…“", quotes.low, CLOSING),
    Feature("guillemets", "inside «…»", quotes.guillemets, CLOSING),
    Feature("backticks", "inside `…`", quotes.backticks, CLOSING),
    Feature("parentheses", "inside (…)", brackets.parentheses, "the closing bracket"),
    Feature("square-brackets", "inside […]", brackets.square, "the closing bracket"),
    Feature("braces", "inside {…}", brackets.braces, "the closing bracket"),
    Feature("depth", "how many ( [ { are open", brackets.depth, "closing brackets"),
    Feature("comment", "in /* … */ or // …", code.comment, "what ends it"),
    Feature("string", 'in "…" that this line opened', code.string, CLOSING),
    Feature("hash-line", "from a # to the line's end", code.hash_line, "the newline"),
    Feature(
        "indentation",
        "blanks before the last line that has begun",
        lines.indentation,
        "a line's blanks and first character",
    ),
    Feature("line", "how far the line is read", lines.position, "the newline"),
    Feature("after-empty-line", "in a line after an empty one", lines.blank_line),
    Feature("word", "how far the word is read", words.position_in_word, "what ends it"),
    Feature("sentence", "how far the sentence is read", words.position_in_sentence, ". ! and ?"),
    Feature("number", "inside a number", words.number),
    Feature("capitalised", "in a word with a capital", words.capitalised),
    Feature("capitals", "in a word of capitals", words.capitals, "what comes after two capitals"),
    Feature("url", "inside a URL", words.url),
    Feature("vowel-next", "a vowel is next", words.vowel_next, "vowels", foresees=True),
)
BY_NAME = {feature.name: feature for feature in FEATURES}
