"""scikit-learn's TF-IDF with its linear SVM behind the same interface, set as arxiv-sanity-lite sets it; the extra ``ranking``.

Source: https://github.com/karpathy/arxiv-sanity-lite, compute.py and serve.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy
import scipy.sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from roundup.paper import Paper
from roundup.ranking.model import Example, Likeness
from roundup.text.drawn import plain

_NOTHING = "paper"  # so that no text is without a word, which scikit-learn would refuse
_TELLING = 12  # words of a paper that explanations may name


class LinearSvm:
    """A model that learns by scikit-learn. Whatever was not taken up speaks against, decided or not."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self.places = {paper.id.name: place for place, paper in enumerate(papers)}
        texts = [f"{_text(paper)} {_NOTHING}" for paper in papers]
        vectors = _vectors(max_df=0.1, min_df=5)
        try:
            self.rows: Any = vectors.fit_transform(texts)
        except ValueError:  # too few papers, or too short ones, to have words in common
            vectors = _vectors()
            self.rows = vectors.fit_transform(texts)
        self.names = vectors.get_feature_names_out()
        self.svm = LinearSVC(C=0.01, class_weight="balanced", max_iter=10_000, tol=1e-6, random_state=0)

    def fit(self, examples: Sequence[Example]) -> None:
        taken = numpy.zeros(len(self.places), dtype=bool)
        weights = numpy.ones(len(self.places))
        for example in examples:
            place = self.places[example.paper.id.name]
            taken[place], weights[place] = example.taken, example.weight
        if taken.all():  # a classifier wants two classes: nothing, which is like nobody's taste
            rows = scipy.sparse.vstack([self.rows, self.rows[:1] * 0])
            self.svm.fit(rows, numpy.append(taken, False), numpy.append(weights, 1.0))
        else:
            self.svm.fit(self.rows, taken, weights)

    def score(self, papers: Sequence[Paper]) -> list[Likeness]:
        rows = self.rows[[self.places[paper.id.name] for paper in papers]]
        parts = rows.multiply(self.svm.coef_[0]).tocsr()
        values = numpy.asarray(parts.sum(axis=1)).ravel()
        return [Likeness(float(value), tuple(self._telling(parts, place))) for place, value in enumerate(values)]

    def _telling(self, parts: Any, row: int) -> Iterator[tuple[str, float]]:
        span = slice(parts.indptr[row], parts.indptr[row + 1])
        weights, numbers = parts.data[span], parts.indices[span]
        for place in numpy.argsort(-abs(weights), kind="stable")[:_TELLING]:
            yield str(self.names[numbers[place]]), float(weights[place])


def _vectors(**bounds: float) -> TfidfVectorizer:
    words = {"strip_accents": "unicode", "stop_words": "english", "token_pattern": r"(?u)\b[a-zA-Z_][a-zA-Z0-9_]+\b", "ngram_range": (1, 2)}
    return TfidfVectorizer(**words, max_features=20_000, sublinear_tf=True, **bounds)


def _text(paper: Paper) -> str:
    words = " ".join((paper.title, paper.abstract))
    return " ".join((plain(words) if "$" in words or "\\" in words else words, *(author.name for author in paper.authors)))
