"""Additive counts from which precision, recall and F1 derive."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counts:
    """How many spans were correct, predicted and in the reference; adding counts adds articles.

    `correct` may hold halves: SemEval's partial mode gives .5 to an overlap.
    """

    correct: float = 0.0
    predicted: int = 0
    reference: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.correct + other.correct,
            self.predicted + other.predicted,
            self.reference + other.reference,
        )

    @property
    def precision(self) -> float:
        """Share of the predicted spans that are correct; 0 where nothing is predicted."""
        return self.correct / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Share of the reference spans that were found; 0 where there are none."""
        return self.correct / self.reference if self.reference else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 where both are."""
        total = self.predicted + self.reference
        return 2 * self.correct / total if total else 0.0
