"""Danish sorting and searching. Neither database sorts æ ø å, and SQLite folds only ASCII."""

import unicodedata

_ORDER = {letter: chr(ord("z") + 1 + place) for place, letter in enumerate("æøå")}
_UNSEEN = {"Cc", "Cf", "Cn", "Co", "Cs", "Me", "Mn", "Zl", "Zp", "Zs"}
# What unicodedata calls letters that belong to no alphabet: 'MODIFIER LETTER APOSTROPHE', 'FEMININE ORDINAL INDICATOR'.
_NO_ALPHABET = {"MODIFIER", "FEMININE", "MASCULINE"}
# Their category says letter or symbol, but nothing is drawn: the Hangul fillers and the empty Braille pattern.
_FILLERS = "\u115f\u1160\u3164\uffa0\u2800"


def danish_key(value: str) -> str:
    """A sort key in Danish order: … z æ ø å, with aa read as å, capitals beside small letters."""
    folded = unicodedata.normalize("NFC", value).casefold().replace("aa", "å")
    return "".join(_ORDER.get(letter, letter) for letter in folded)


def search_form(value: str) -> str:
    """The form a text is stored and searched in: 'åse' and 'aase' both find 'Åse', on both databases."""
    return " ".join(unicodedata.normalize("NFC", value).casefold().replace("aa", "å").split())


def blank(value: str) -> bool:
    """True where nothing can be seen: spaces, controls, marks without a letter, zero-width and filler characters."""
    return all(unicodedata.category(letter) in _UNSEEN or letter in _FILLERS for letter in value)


def name_fault(value: str) -> str:
    """What is wrong with a name, '' for nothing: one nobody could read back, or that only looks like another.

    Hidden, line-breaking or turning characters, no letter or digit; letters that stand for others (𝐌, ℮), or of several
    alphabets ('Mеtte' with a Cyrillic e). A Greek letter alone is a name of houses.
    """
    text = unicodedata.normalize("NFC", value)
    hidden = any(unicodedata.category(letter) in {"Cc", "Cf", "Zl", "Zp"} for letter in text)
    if hidden or not any(letter.isalnum() and letter not in _FILLERS for letter in text):
        return "Brug kun synlige tegn, og mindst ét bogstav eller tal."
    if any(unicodedata.normalize("NFKC", letter) != letter and letter not in "ªº" for letter in text):
        return "Brug almindelige bogstaver og tal."
    words = [word for word in text.split() if len(word) > 1]
    alphabets = {_alphabet(letter) for word in words for letter in word if letter.isalpha()} - {""}
    return "Skriv navnet med bogstaver fra ét alfabet." if len(alphabets) > 1 else ""


def _alphabet(letter: str) -> str:
    """'LATIN', 'CYRILLIC'; '' for a letter of none, as the apostrophe of O’Brien. Japanese writes three as one."""
    name = unicodedata.name(letter, "?").split()[0].split("-")[0]
    return "" if name in _NO_ALPHABET else "CJK" if name in {"HIRAGANA", "KATAKANA"} else name


def initials(name: str) -> str:
    """The first letter of each word: 'Anne-Grethe Holm' gives 'AGH'."""
    return "".join(word[0].upper() for word in name.replace("-", " ").split())


def listing(words: list[str]) -> str:
    """'Mette, Jonas og Søren'."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} og {words[-1]}"


def counted(count: int, one: str, many: str) -> str:
    """'1 kriterium', '2 kriterier'."""
    return f"{count} {one if count == 1 else many}"


def genitive(name: str) -> str:
    """'Mettes', but 'Jonas’' after s, x and z."""
    return f"{name}’" if name[-1:].lower() in {"s", "x", "z"} else f"{name}s"
