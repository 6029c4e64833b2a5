"""The second of the two grammars: other words, fillers and orders; never tune anything on it."""

from foreign_words import Grammar, Word, be, fixed, have, nouns, verbs

ACTS = verbs(
    "apologize argue blush breathe cook daydream drift fidget gasp grin groan hum hurry limp "
    "meditate moan paddle relax scream stagger stutter vanish wander weep whisper wink wobble"
)
ADJECTIVES = fixed(
    "aggressive, anxious, arrogant, awkward, bitter, bold, brilliant, charming, confident, "
    "cynical, daring, desperate, eager, faithful, fierce, foolish, frail, gloomy, grateful, "
    "grumpy, harmless, humble, idle, impatient, jolly, mature, merry, naive, noble, noisy, "
    "obedient, pale, plump, poor, reliable, restless, sincere, slim, sober, stern, strict, "
    "talented, thrifty, vain, wealthy, weary, witty"
)
NUMERALS = fixed("two, three, four, five, six, seven, eight, nine, ten, eleven, twelve")

SECOND = Grammar(
    {
        "PERSON": (
            nouns(
                "acrobat admiral analyst apprentice archer architect astronaut athlete attorney "
                "aunt bishop boxer brewer broker builder cashier chemist clown cobbler collector "
                "composer consul curator cyclist dealer delegate designer detective duchess "
                "dwarf/dwarves envoy explorer fencer geologist governor grocer hermit historian "
                "inventor jeweller juggler knight magician mason merchant midwife/midwives miner "
                "monk nephew novelist orphan pirate plumber potter preacher printer ranger "
                "referee rider sailor salesman/salesmen scholar shepherd smuggler spy "
                "statesman/statesmen weaver wizard"
            ),
        ),
        "THING": (
            nouns(
                "anchor anvil arch balcony banner barrel bell brick brush cabin cannon cart chapel "
                "chimney column compass crate crown cup dagger dome drum fossil furnace globe harp "
                "hedge jar jewel kite lantern leaf/leaves mast medal oven pebble quilt ribbon "
                "saddle scarf/scarves shield stove sword tent tooth/teeth torch trumpet vase wheel"
            ),
        ),
        "TIME": (nouns("century day decade hour minute month season summer weekend winter"),),
        "NUMERAL": (tuple(Word(("one", word.lemma), "one") for word in NUMERALS),),
        "TRANSITIVE": (
            verbs(
                "accuse adore assist astonish baffle bother challenge confront console criticize "
                "dislike distract encourage entertain escort expect fascinate flatter insult mock "
                "observe persuade protect question recognize rescue respect salute tempt tolerate "
                "welcome"
            ),
        ),
        "HANDLE": (verbs("break build cover drop examine fix lift measure move polish sketch"),),
        "ACT": (ACTS,),
        "PREDICATE": (
            be(ADJECTIVES),
            have(
                "agreed, appeared, collapsed, confessed, emigrated, failed, graduated, prospered, "
                "rebelled, remarried, surrendered, survived, triumphed, withdrawn"
            ),
            ACTS,
        ),
        "QUALITY": (
            be(
                fixed(
                    "ancient, blue, bright, costly, dusty, fragile, green, hollow, precious, "
                    "purple, round, shiny, smooth, solid, sturdy"
                )
            ),
        ),
        "REPORT": (verbs("admit allege assume deny doubt hint imagine mention pretend swear"),),
        "ADVERB": (
            fixed(
                "abruptly, anxiously, briefly, clumsily, endlessly, faintly, gracefully, hastily, "
                "idly, noisily, openly, promptly, tirelessly, vaguely, wildly"
            ),
        ),
        "OPENER": (
            fixed("apparently, frankly, usually, indeed, lately, meanwhile, nowadays, perhaps"),
        ),
        "PREPOSITION": (fixed("above, against, alongside, around, beneath, past, underneath"),),
        "PLACED": (fixed("crouched, perched, posted, seated, stationed, stranded, trapped"),),
        "PARTICIPLE": (
            fixed(
                "accompanied, appointed, chosen, deceived, elected, employed, exiled, honoured, "
                "pursued, raised, sponsored, trained"
            ),
        ),
    },
    {
        "simple": ("OPENER the PERSON/s PREDICATE/s*", "the PERSON/s PREDICATE/s*"),
        "sentential_complement": (
            "the PERSON/a REPORT/a that the PERSON/s PREDICATE/s*",
            "OPENER NUMERAL/a PERSON/a REPORT/a that the PERSON/s PREDICATE/s*",
        ),
        "short_vp_coordination": ("?OPENER the PERSON/s ACT/s ADVERB but PREDICATE/s*",),
        "long_vp_coordination": (
            "the PERSON/s ACT/s for NUMERAL/a TIME/a ?ADVERB but PREDICATE/s*",
            "the PERSON/s ACT/s ADVERB PREPOSITION NUMERAL/a THING/a but PREDICATE/s*",
        ),
        "prepositional_phrase": (
            "the PERSON/s PLACED PREPOSITION the THING/a PREDICATE/s*",
            "the THING/s PREPOSITION NUMERAL/a THING/a QUALITY/s*",
        ),
        "subject_relative": (
            "the PERSON/s who TRANSITIVE/s NUMERAL/a PERSON/a PREDICATE/s*",
            "the PERSON/s who had PARTICIPLE the PERSON/a PREDICATE/s*",
        ),
        "object_relative_that": (
            "?OPENER the PERSON/s that the PERSON/a TRANSITIVE/a PREDICATE/s*",
            "the THING/s that NUMERAL/a PERSON/a HANDLE/a QUALITY/s*",
        ),
        "object_relative_bare": (
            "?OPENER the PERSON/s the PERSON/a TRANSITIVE/a PREDICATE/s*",
            "the THING/s NUMERAL/a PERSON/a HANDLE/a QUALITY/s*",
        ),
        "within_object_relative_that": (
            "NUMERAL/a PERSON/a that the PERSON/s TRANSITIVE/s* PREDICATE/a",
            "?OPENER the THING/a that the PERSON/s HANDLE/s* QUALITY/a",
        ),
        "within_object_relative_bare": (
            "NUMERAL/a PERSON/a the PERSON/s TRANSITIVE/s* PREDICATE/a",
            "?OPENER the THING/a the PERSON/s HANDLE/s* QUALITY/a",
        ),
        "appositive": (
            "the PERSON/s , PARTICIPLE for NUMERAL/a TIME/a , PREDICATE/s*",
            "the PERSON/s , PARTICIPLE alongside the PERSON/a , PREDICATE/s*",
        ),
    },
)
