"""The workflows of a new digest for GitHub: publish what is pushed, check what is proposed, fetch by the clock. Pure.

Pages are published by GitHub's own actions, which need no secret; each action is pinned by its commit, which nobody can move. What a
pull request brings is read and drawn with no secret at hand and no right but to read; that nothing in it is run is roundup's to see to.
"""

from __future__ import annotations

DISTRIBUTION = "roundup-digest"  # what pip calls us; "roundup" is an issue tracker's

_PUBLISH = """\
# Builds the digest on every push and publishes it. Choose "GitHub Actions" as the source under Settings, Pages.
name: Publish

on:
  push:
    branches: [main]
  workflow_dispatch:

permissions: {}

concurrency:
  group: pages
  cancel-in-progress: false

jobs:
  build:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    permissions:
      contents: read
    steps:
      - uses: CHECKOUT
        with:
          persist-credentials: false
      - uses: SETUP_PYTHON
        with:
          python-version: "3.12"
      - run: pip install "ROUNDUP"
      - name: Ask the published site which pages stood where, for what is renamed leaves a page behind that leads on
        run: |
          url=$(sed -n 's/^url: *\\([^ ]*\\).*/\\1/p' roundup.yaml | tr -d "\\"'")
          mkdir -p site
          curl -fsSL --retry 2 --max-time 60 -o site/.roundup-trail.json "${url%/}/.roundup-trail.json" || echo "there is none"
      - run: roundup build
      - name: Tell of what has moved, for permalinks.yaml belongs into the repository
        run: |
          if [ -n "$(git status --porcelain permalinks.yaml)" ]; then
            echo "::warning::pages have moved; run roundup build on your own machine and commit permalinks.yaml, or take it from here:"
            cat permalinks.yaml
          fi
      - uses: UPLOAD_PAGES
        with:
          path: site
          include-hidden-files: true # the trail for the next build

  publish:
    needs: build
    runs-on: ubuntu-latest
    timeout-minutes: 10
    permissions:
      pages: write # to publish
      id-token: write # by which Pages knows whose site it is
    environment:
      name: github-pages
      url: ${{ steps.deployment.outputs.page_url }}
    steps:
      - id: deployment
        uses: DEPLOY_PAGES
"""

_CHECK = """\
# Checks what a pull request proposes, from a fork, too: with no secret, and with no right but to read.
# It fails where something cannot be shown; what is left to do is told beside the lines.
name: Check

on:
  pull_request:

permissions:
  contents: read

concurrency:
  group: check-${{ github.ref }}
  cancel-in-progress: true

jobs:
  check:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    steps:
      - uses: CHECKOUT
        with:
          persist-credentials: false
      - uses: SETUP_PYTHON
        with:
          python-version: "3.12"
      - run: pip install "ROUNDUP"
      - name: Tell what is left to do
        run: |
          roundup check | sed -E 's/%/%25/g; s/^([^:]+):([0-9]+): /::warning file=\\1,line=\\2::/'
      - run: roundup build --drafts
"""

_FETCH = """\
# Fetches into the newest draft and opens a pull request with what is new: records, and stubs to write in or to delete.
# It runs when you start it under Actions, and by the clock when you take the marks from "schedule". Say below what to fetch.
# Under Settings, Actions, General, let GitHub Actions create pull requests.
name: Fetch

on:
  workflow_dispatch:
  # schedule:
  #   - cron: "23 5 * * 1-5" # on working days, UTC; on the hour GitHub is late

permissions: {}

concurrency:
  group: fetch
  cancel-in-progress: false

jobs:
  fetch:
    runs-on: ubuntu-latest
    timeout-minutes: 60
    permissions:
      contents: write # a branch of its own
      pull-requests: write # and its pull request
    env:
      GH_TOKEN: ${{ github.token }}
    steps:
      - uses: CHECKOUT
        with:
          persist-credentials: false
      - uses: SETUP_PYTHON
        with:
          python-version: "3.12"
      - run: pip install "ROUNDUP"
      - name: Go on with the pull request that is open, and with what was written there, or begin one
        run: |
          gh auth setup-git
          branch=$(gh pr list --json headRefName,isCrossRepository \\
            --jq '[.[] | select(.isCrossRepository | not) | .headRefName | select(startswith("fetch-"))][0] // ""')
          if [ -n "$branch" ]; then
            git fetch origin "$branch"
            git switch "$branch"
          else
            git switch -c "fetch-$GITHUB_RUN_ID"
          fi
      - name: Fetch; 3 says that something could not be had, and the next run asks for that
        run: |
          fetch() { roundup fetch 'cat:cs.LG AND ti:"mixture of experts"' --max 20 "$@"; }
          fetch --dry-run || roundup new
          fetch || [ $? -eq 3 ]
          roundup refresh || [ $? -eq 3 ]
      - name: Propose what is new
        run: |
          git add issues
          git diff --cached --quiet && exit
          git -c user.name="github-actions[bot]" -c user.email="41898282+github-actions[bot]@users.noreply.github.com" commit -m "Fetch"
          git push origin HEAD
          gh pr view --json state --jq .state | grep -qx OPEN || gh pr create --fill

  # GitHub ends the schedules of a public repository in which nothing has happened for 60 days; to enable a workflow begins them anew.
  stay-awake:
    runs-on: ubuntu-latest
    timeout-minutes: 5
    permissions:
      actions: write # to enable this very workflow
    steps:
      - run: gh workflow enable fetch.yml --repo "$GITHUB_REPOSITORY"
        env:
          GH_TOKEN: ${{ github.token }}
"""

_PINS = {
    "CHECKOUT": "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1",
    "SETUP_PYTHON": "actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97 # v7.0.0",
    "UPLOAD_PAGES": "actions/upload-pages-artifact@fc324d3547104276b827a68afc52ff2a11cc49c9 # v5.0.0",
    "DEPLOY_PAGES": "actions/deploy-pages@cd2ce8fcbc39b97be8ca5fce6e763baed58fa128 # v5.0.0",
}


def workflows(version: str) -> dict[str, str]:
    """Return the workflows by path, with this version of roundup in them."""
    files = {"digest": _PUBLISH, "check": _CHECK, "fetch": _FETCH}
    return {f".github/workflows/{name}.yml": _filled(text, version) for name, text in files.items()}


def _filled(text: str, version: str) -> str:
    for name, pin in _PINS.items():
        text = text.replace(f"uses: {name}\n", f"uses: {pin}\n")
    return text.replace('"ROUNDUP"', f'"{DISTRIBUTION}[cards]=={version}"')
