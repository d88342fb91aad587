"""scikit-learn's TF-IDF with its linear SVM behind the same interface, set as arxiv-sanity-lite sets it; the extra ``ranking``.

Source: https://github.com/karpathy/arxiv-sanity-lite, compute.py and serve.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy
import scipy.sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from roundup.paper import Paper
from roundup.ranking.model import Example, Known, Usual
from roundup.text.drawn import plain

_NOTHING = "paper"  # so that no text is without a word, which scikit-learn would refuse


class LinearSvm:
    """A model that learns by scikit-learn. Whatever was not taken up speaks against, decided or not."""

    def __init__(self) -> None:
        self.vectors: Any = None
        self.svm: Any = None

    def fit(self, examples: Sequence[Example], usual: Usual, others: Sequence[Known]) -> None:
        known = {one.name: one for one in (*others, *(example.paper for example in examples))}
        self.learn(self.read([one.read() for one in known.values()]), list(known), examples)

    def read(self, papers: Sequence[Paper]) -> Any:
        """Return papers as the rows of a matrix, by the words that they have in common."""
        texts = list(map(_text, papers))
        self.vectors = _vectors(max_df=0.1, min_df=5)
        try:
            return self.vectors.fit_transform(texts)
        except ValueError:  # too few papers, or too short ones, to have words in common
            self.vectors = _vectors()
            return self.vectors.fit_transform(texts)

    def learn(self, rows: Any, names: Sequence[str], examples: Sequence[Example]) -> None:
        """Learn from examples, whose rows are among those of these names."""
        places = {name: place for place, name in enumerate(names)}
        taken = numpy.zeros(len(places), dtype=bool)
        weights = numpy.ones(len(places))
        for example in examples:
            place = places[example.paper.name]
            taken[place], weights[place] = example.taken, example.weight
        if taken.all():  # a classifier wants two classes: nothing, which is like nobody's taste
            rows, taken, weights = scipy.sparse.vstack([rows, rows[:1] * 0]), numpy.append(taken, False), numpy.append(weights, 1.0)
        self.svm = LinearSVC(C=0.01, class_weight="balanced", max_iter=10_000, tol=1e-6, random_state=0)
        self.svm.fit(rows, taken, weights)

    def values(self, papers: Sequence[Known]) -> list[float]:
        return self.worth(self.vectors.transform([_text(one.read()) for one in papers])) if papers else []

    def worth(self, rows: Any) -> list[float]:
        """Return the values of rows."""
        return [float(value) for value in rows @ self.svm.coef_[0]]

    def terms(self, paper: Paper) -> list[tuple[str, float]]:
        row = self.vectors.transform([_text(paper)])
        names, weights = self.vectors.get_feature_names_out(), self.svm.coef_[0]
        return [(str(names[number]), float(share * weights[number])) for number, share in zip(row.indices, row.data, strict=True)]


def _vectors(**bounds: float) -> TfidfVectorizer:
    words = {"strip_accents": "unicode", "stop_words": "english", "token_pattern": r"(?u)\b[a-zA-Z_][a-zA-Z0-9_]+\b", "ngram_range": (1, 2)}
    return TfidfVectorizer(**words, max_features=20_000, sublinear_tf=True, **bounds)


def _text(paper: Paper) -> str:
    words = " ".join((paper.title, paper.abstract))
    return " ".join((plain(words) if "$" in words or "\\" in words else words, *(author.name for author in paper.authors), _NOTHING))
