"""What kinds of data there are, and what each is. Pure. How many days stands with the region's settings."""

from dataclasses import dataclass

from organisation.region import KEEP


@dataclass(frozen=True)
class DataKind:
    """A kind of data, with what it is called and what is erased, in one sentence."""

    key: str
    name: str
    what: str

    @property
    def days(self) -> int:
        """The project's own proposal, which a region may change."""
        return KEEP[self.key][0]

    @property
    def field(self) -> str:
        """The setting's name."""
        return f"keep_{self.key}"


KINDS = {
    kind.key: kind
    for kind in (
        DataKind(
            "drafts", "Kladder", "Det, nogen skrev og ikke fik gemt. En uge, hvis den, der skrev, ikke har adgang mere."
        ),
        DataKind(
            "cell_history", "Teksternes historik", "Det, der stod i et felt før, også i loggen. Det nyeste bliver."
        ),
        DataKind(
            "left", "Afsluttede ophold", "Alt om et ophold, regnet fra den dag, det sluttede, også i referaterne."
        ),
        DataKind("episodes", "Forløb og indsatser", "Afsluttede forløb på tavlen, indsatser og tidlige tegn."),
        DataKind("minutes", "Referater", "Referater, dagsordener, fremmøde og emner fra møder, der er holdt."),
        DataKind(
            "notices",
            "Påmindelser",
            "Påmindelser og mails, der er sendt eller ikke er aktuelle mere. Teamets spørgsmål om en beboer: 30 dage.",
        ),
        DataKind(
            "keys",
            "Nøgler og forsøg på log ind",
            "Udløbne log ind, forsøg på log ind og mærker mod dobbeltklik. Spørgsmål om roller: 60 dage.",
        ),
        DataKind("samples", "Stikprøver", "Ugens stikprøver af opslag, og hvad lederen svarede."),
        DataKind(
            "staff",
            "Medarbejdere, der er stoppet",
            "Mailadresse, telefon og det, de loggede ind med. Navnet, når loggen ikke længere går så langt tilbage.",
        ),
        DataKind(
            "searches", "Ord, der er søgt med", "Det, nogen skrev i søgefeltet. At der blev søgt, bliver i loggen."
        ),
        DataKind("log_detail", "Ord i loggen", "Det personlige ved en linje i loggen. Linjen selv bliver stående."),
        DataKind(
            "log",
            "Loggen",
            "Hvem der så og ændrede hvad. Det ældste slettes, hvor et anker viser, at intet er skåret af.",
        ),
    )
}
