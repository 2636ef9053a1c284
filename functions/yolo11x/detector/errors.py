"""What this function says about trouble. Every text is a whole sentence for a person and holds no secret."""


class StartError(Exception):
    """The function cannot serve: its settings or its model are at fault."""

    def __init__(self, *problems: str):
        super().__init__("\n".join(problems))
        self.problems = problems


class BadRequest(Exception):
    """The caller's mistake: answered with 400."""


class ModelFailure(Exception):
    """The model could not answer for a picture that is sound: answered with 500."""
