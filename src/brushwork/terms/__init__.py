"""Terms: one loss a file, each a score of a sum over positions."""

from __future__ import annotations

from brushwork.terms.content import Content
from brushwork.terms.smooth import TotalVariation
from brushwork.terms.spread import MeanStd
from brushwork.terms.style import GramStyle
from brushwork.terms.term import AnyTerm, Term, WholeTerm, add

__all__ = ["AnyTerm", "Content", "GramStyle", "MeanStd", "Term", "TotalVariation", "WholeTerm", "add"]
