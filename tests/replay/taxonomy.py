"""arXiv's archives and subject classes: what a category may be called, what it means, and its set in OAI-PMH.

Facts of https://arxiv.org/category_taxonomy, as OAI-PMH's ListSets gave them in November 2026.
"""

from __future__ import annotations

import re
from functools import cache

#: Groups of archives, the outermost level of OAI sets: name by group.
GROUPS = {
    "physics": "Physics",
    "math": "Mathematics",
    "q-bio": "Quantitative Biology",
    "cs": "Computer Science",
    "q-fin": "Quantitative Finance",
    "stat": "Statistics",
    "eess": "Electrical Engineering and Systems Science",
    "econ": "Economics",
}

#: Archives that have subject classes, one class a line: its short name, then what it means. An archive's group stands first.
_CLASSES = {
    "astro-ph": """physics|Astrophysics
        CO Cosmology and Nongalactic Astrophysics
        EP Earth and Planetary Astrophysics
        GA Astrophysics of Galaxies
        HE High Energy Astrophysical Phenomena
        IM Instrumentation and Methods for Astrophysics
        SR Solar and Stellar Astrophysics""",
    "cond-mat": """physics|Condensed Matter
        dis-nn Disordered Systems and Neural Networks
        mes-hall Mesoscale and Nanoscale Physics
        mtrl-sci Materials Science
        other Other Condensed Matter
        quant-gas Quantum Gases
        soft Soft Condensed Matter
        stat-mech Statistical Mechanics
        str-el Strongly Correlated Electrons
        supr-con Superconductivity""",
    "cs": """cs|Computer Science
        AI Artificial Intelligence
        AR Hardware Architecture
        CC Computational Complexity
        CE Computational Engineering, Finance, and Science
        CG Computational Geometry
        CL Computation and Language
        CR Cryptography and Security
        CV Computer Vision and Pattern Recognition
        CY Computers and Society
        DB Databases
        DC Distributed, Parallel, and Cluster Computing
        DL Digital Libraries
        DM Discrete Mathematics
        DS Data Structures and Algorithms
        ET Emerging Technologies
        FL Formal Languages and Automata Theory
        GL General Literature
        GR Graphics
        GT Computer Science and Game Theory
        HC Human-Computer Interaction
        IR Information Retrieval
        IT Information Theory
        LG Machine Learning
        LO Logic in Computer Science
        MA Multiagent Systems
        MM Multimedia
        MS Mathematical Software
        NA Numerical Analysis
        NE Neural and Evolutionary Computing
        NI Networking and Internet Architecture
        OH Other Computer Science
        OS Operating Systems
        PF Performance
        PL Programming Languages
        RO Robotics
        SC Symbolic Computation
        SD Sound
        SE Software Engineering
        SI Social and Information Networks
        SY Systems and Control""",
    "econ": """econ|Economics
        EM Econometrics
        GN General Economics
        TH Theoretical Economics""",
    "eess": """eess|Electrical Engineering and Systems Science
        AS Audio and Speech Processing
        IV Image and Video Processing
        SP Signal Processing
        SY Systems and Control""",
    "math": """math|Mathematics
        AC Commutative Algebra
        AG Algebraic Geometry
        AP Analysis of PDEs
        AT Algebraic Topology
        CA Classical Analysis and ODEs
        CO Combinatorics
        CT Category Theory
        CV Complex Variables
        DG Differential Geometry
        DS Dynamical Systems
        FA Functional Analysis
        GM General Mathematics
        GN General Topology
        GR Group Theory
        GT Geometric Topology
        HO History and Overview
        IT Information Theory
        KT K-Theory and Homology
        LO Logic
        MG Metric Geometry
        MP Mathematical Physics
        NA Numerical Analysis
        NT Number Theory
        OA Operator Algebras
        OC Optimization and Control
        PR Probability
        QA Quantum Algebra
        RA Rings and Algebras
        RT Representation Theory
        SG Symplectic Geometry
        SP Spectral Theory
        ST Statistics Theory""",
    "nlin": """physics|Nonlinear Sciences
        AO Adaptation and Self-Organizing Systems
        CD Chaotic Dynamics
        CG Cellular Automata and Lattice Gases
        PS Pattern Formation and Solitons
        SI Exactly Solvable and Integrable Systems""",
    "physics": """physics|Physics
        acc-ph Accelerator Physics
        ao-ph Atmospheric and Oceanic Physics
        app-ph Applied Physics
        atm-clus Atomic and Molecular Clusters
        atom-ph Atomic Physics
        bio-ph Biological Physics
        chem-ph Chemical Physics
        class-ph Classical Physics
        comp-ph Computational Physics
        data-an Data Analysis, Statistics and Probability
        ed-ph Physics Education
        flu-dyn Fluid Dynamics
        gen-ph General Physics
        geo-ph Geophysics
        hist-ph History and Philosophy of Physics
        ins-det Instrumentation and Detectors
        med-ph Medical Physics
        optics Optics
        plasm-ph Plasma Physics
        pop-ph Popular Physics
        soc-ph Physics and Society
        space-ph Space Physics""",
    "q-bio": """q-bio|Quantitative Biology
        BM Biomolecules
        CB Cell Behavior
        GN Genomics
        MN Molecular Networks
        NC Neurons and Cognition
        OT Other Quantitative Biology
        PE Populations and Evolution
        QM Quantitative Methods
        SC Subcellular Processes
        TO Tissues and Organs""",
    "q-fin": """q-fin|Quantitative Finance
        CP Computational Finance
        EC Economics
        GN General Finance
        MF Mathematical Finance
        PM Portfolio Management
        PR Pricing of Securities
        RM Risk Management
        ST Statistical Finance
        TR Trading and Market Microstructure""",
    "stat": """stat|Statistics
        AP Applications
        CO Computation
        ME Methodology
        ML Machine Learning
        OT Other Statistics
        TH Statistics Theory""",
}

#: Archives without subject classes, all in the group of physics.
_WHOLE = {
    "gr-qc": "General Relativity and Quantum Cosmology",
    "hep-ex": "High Energy Physics - Experiment",
    "hep-lat": "High Energy Physics - Lattice",
    "hep-ph": "High Energy Physics - Phenomenology",
    "hep-th": "High Energy Physics - Theory",
    "math-ph": "Mathematical Physics",
    "nucl-ex": "Nuclear Experiment",
    "nucl-th": "Nuclear Theory",
    "quant-ph": "Quantum Physics",
}

#: Archives that take no new papers; old records still carry them, and their IDs keep them.
CLOSED = frozenset(
    "acc-phys adap-org alg-geom ao-sci atom-ph bayes-an chao-dyn chem-ph cmp-lg comp-gas dg-ga funct-an mtrl-th patt-sol plasm-ph q-alg solv-int supr-con".split()
)


def _table() -> dict[str, tuple[str, str]]:
    """Return (group, meaning) by category or archive."""
    table = {archive: ("physics", meaning) for archive, meaning in _WHOLE.items()}
    for archive, text in _CLASSES.items():
        head, *lines = text.splitlines()
        group, meaning = head.split("|")
        table[archive] = (group, meaning)
        for line in lines:
            name, said = line.split(maxsplit=1)
            table[f"{archive}.{name}"] = (group, said)
    return table


#: (group, meaning) by open category or archive.
CATEGORIES = _table()
ARCHIVES = tuple(sorted(name for name in CATEGORIES if "." not in name))
_BY_LOWER = {name.lower(): name for name in CATEGORIES}
_PATTERN = re.compile(r"([a-z]+(?:-[a-z]+)*)(?:\.([A-Z]{2}|[a-z]+(?:-[a-z]+)*))?")


@cache
def is_category(text: str) -> bool:
    """Return whether a string is written as a category of a known archive: ``68T50`` and ``I.2.7`` are not."""
    match = _PATTERN.fullmatch(text)
    return match is not None and (match[1] in CATEGORIES or match[1] in CLOSED)


def canonical(name: str) -> str | None:
    """Return an open category or archive as arXiv writes it, from any mixture of case."""
    return _BY_LOWER.get(name.lower())


def classes_of(archive: str) -> tuple[str, ...]:
    """Return the full names of an archive's subject classes, in alphabetical order."""
    return tuple(sorted(name for name in CATEGORIES if name.startswith(f"{archive}.")))


def meaning(category: str) -> str:
    """Return what a category means, or the category where it is a closed one."""
    return CATEGORIES[category][1] if category in CATEGORIES else category


def set_of(category: str) -> str:
    """Return a category's OAI set: ``cs:cs:AI``, ``physics:hep-th``, ``physics:astro-ph:EP``."""
    group = CATEGORIES.get(category, ("physics", ""))[0]
    return f"{group}:{category.replace('.', ':')}"


def sets() -> tuple[tuple[str, str], ...]:
    """Return every OAI set as (spec, name): groups, archives, classes."""
    names = sorted(CATEGORIES, key=lambda name: ("." in name, name))
    return (*GROUPS.items(), *((set_of(name), CATEGORIES[name][1]) for name in names))
