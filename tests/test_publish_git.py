"""A branch of a git remote: history, others who push, what hooks and settings may not do, and where logins go."""

from __future__ import annotations

import os
import re
import shutil
import stat
from base64 import b64encode
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest

from conftest import Result, tree, write
from places import WHO, Branch
from roundup.manifest import MANIFEST
from roundup.publish.branch import STORE
from roundup.publish.change import dump_ours
from test_publish import NEW_ISSUE, assert_published, config, site_of

Make = Callable[..., Path]
Run = Callable[..., Result]


@pytest.fixture
def branch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Branch:
    for key, value in WHO.items():
        monkeypatch.setenv(key, value)
    return Branch(tmp_path / "remote.git")


def executable(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def on_the_way(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    """Let a script stand for git; it may call the real one as ``$GIT``."""
    executable(folder / "git", f'#!/bin/sh\nGIT="{shutil.which("git")}"\n{script}\nexec "$GIT" "$@"\n')
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_history_is_kept_with_who_and_what(branch: Branch, digest: Make, roundup: Run) -> None:
    root = digest(config(branch))
    roundup("publish", root=root)
    digest({**config(branch), **NEW_ISSUE})
    roundup("publish", root=root)
    roundup("publish", root=root)  # of which there is nothing to say
    new, old = branch.git("log", "--format=%an <%ae>: %s", "gh-pages").decode().splitlines()
    assert re.fullmatch(r"Ann <ann@example.org>: Publish the site: \d+ added, \d+ changed, 0 removed", new)
    assert re.fullmatch(r"Ann <ann@example.org>: Publish the site: \d+ added, 0 changed, 0 removed", old)
    assert branch.git("show", "gh-pages:.nojekyll") == b""
    changed = branch.git("show", "--format=", "--name-only", "gh-pages").decode().splitlines()
    assert len(changed) < len(site_of(root)), "what has not changed is not in the commit"


def test_a_digest_in_a_repository_publishes_to_its_own_remote(branch: Branch, digest: Make, roundup: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when a hook of that repository calls us; its own history and files stay as they are, and its hooks are not run."""
    root = digest({"roundup.yaml": "title: A digest\nurl: https://example.org/\npublish: {to: github-pages}\n"})
    branch.git("init", "--quiet", "--initial-branch=main", at=root)
    branch.git("remote", "add", "origin", "../remote.git", at=root)
    branch.git("add", "roundup.yaml", "issues", at=root)
    branch.git("commit", "--quiet", "-m", "Begin", at=root)
    for name in ("pre-push", "reference-transaction", "pre-auto-gc"):
        executable(root / ".git/hooks" / name, f"#!/bin/sh\ngit rev-parse --absolute-git-dir >> {root.parent}/hooks.log\n")
    (root.parent / "gitconfig").write_text(f"[core]\nhooksPath = {root}/.git/hooks\n")
    before = tree(root / ".git")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(root.parent / "gitconfig"))
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_WORK_TREE"):  # of the repository whose hook it is
        monkeypatch.setenv(name, str(root.parent / "elsewhere"))
    done = roundup("publish", root=root)
    assert (done.code, done.out.partition(": ")[0]) == (0, "gh-pages of origin")
    assert_published(branch, root)
    assert tree(root / ".git") == before
    assert set((root.parent / "hooks.log").read_text().splitlines()) == {str(branch.folder)}, "a remote on this machine has its own"


def test_a_relative_remote_counts_from_the_top_of_the_repository(branch: Branch, digest: Make, roundup: Run, tmp_path: Path) -> None:
    """The digest stands in a subfolder of it."""
    root = digest({"roundup.yaml": "title: A digest\nurl: https://example.org/\npublish: {to: github-pages}\n"}, name="whole/papers/digest")
    branch.git("init", "--quiet", "--initial-branch=main", at=tmp_path / "whole")
    branch.git("remote", "add", "origin", "../remote.git", at=root)
    assert roundup("publish", root=root).code == 0
    assert_published(branch, root)


def test_who_has_no_name_publishes_as_roundup(branch: Branch, digest: Make, roundup: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for key in WHO:
        monkeypatch.delenv(key)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    assert roundup("publish", root=digest(config(branch))).code == 0
    assert branch.git("log", "--format=%an <%ae>", "gh-pages") == b"roundup <roundup@localhost>\n"


def test_what_somebody_else_pushes_meanwhile_stays(branch: Branch, digest: Make, roundup: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Between our look and our push: the commit is made anew on top of theirs."""
    root = digest(config(branch))
    roundup("publish", root=root)
    digest({**config(branch), **NEW_ISSUE})
    on_the_way(monkeypatch, tmp_path / "bin", f'''
case " $* " in *" push "*) if [ ! -e "{tmp_path}/done" ]; then touch "{tmp_path}/done"
  printf 'commit refs/heads/gh-pages\\ncommitter Bo <bo@example.org> 1700000000 +0000\\ndata 0\\nfrom refs/heads/gh-pages^0\\nM 100644 inline CNAME\\ndata 1\\nx\\n' |
    env -u GIT_CONFIG_COUNT "$GIT" --git-dir="{branch.folder}" fast-import --quiet
fi;; esac''')
    assert roundup("publish", root=root).code == 0
    assert_published(branch, root, CNAME=b"x")
    assert branch.git("log", "--format=%an", "gh-pages").split() == [b"Ann", b"Bo", b"Ann"]


def test_when_others_push_again_and_again_it_says_so(branch: Branch, digest: Make, roundup: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    root = digest(config(branch))
    roundup("publish", root=root)
    digest({**config(branch), **NEW_ISSUE})
    on_the_way(monkeypatch, tmp_path / "bin", f'''
case " $* " in *" push "*)
  printf 'commit refs/heads/gh-pages\\ncommitter Bo <bo@example.org> 1700000000 +0000\\ndata 0\\nfrom refs/heads/gh-pages^0\\nM 100644 inline CNAME\\ndata <<E\\n%s\\nE\\n' $$ |
    env -u GIT_CONFIG_COUNT "$GIT" --git-dir="{branch.folder}" fast-import --quiet
;; esac''')
    told = "somebody else published there 3 times meanwhile; nothing of ours was put there; run it again when they have done"
    assert roundup("publish", root=root) == Result(4, "", f"{branch.name}: {told}\n")


def test_a_branch_that_is_protected_is_told_with_what_its_keeper_says(branch: Branch, digest: Make, roundup: Run) -> None:
    executable(branch.folder / "hooks/pre-receive", "#!/bin/sh\necho 'This branch is protected.' >&2\nexit 1\n")
    done = roundup("publish", root=digest(config(branch)))
    assert done.code == 4
    assert re.fullmatch(
        rf"{re.escape(branch.name)}: remote: This branch is protected / error: failed to push some refs to '{re.escape(str(branch.folder))}'; "
        "nothing was changed there; mend that, and publish again\n", done.err
    ), done.err  # fmt: skip
    assert branch.files() == {}


def test_a_remote_that_is_not_there_is_told(branch: Branch, digest: Make, roundup: Run) -> None:
    shutil.rmtree(branch.folder)
    done = roundup("publish", root=digest(config(branch)))
    assert (done.code, done.out) == (4, "")
    assert done.err.startswith(f"{branch.name}: fatal: '{branch.folder}' does not appear to be a git repository / ")
    assert done.err.endswith("; nothing was changed there; mend that, and publish again\n")


@pytest.mark.parametrize("path", ["roundup.yaml", "issues/2024-1/issue.yaml", "papers/digest/roundup.yaml", "papers/digest/issues/2024-1/issue.yaml"])
@pytest.mark.parametrize("manifest", [None, dump_ours({"index.html": "1"}), b"{}"], ids=["no manifest", "ours", "no sense"])
def test_a_branch_that_holds_a_digest_is_no_place_to_publish_to(manifest: bytes | None, path: str, branch: Branch, digest: Make, roundup: Run) -> None:
    """Nor one on which a site was published among its files before."""
    branch.put(path, b"title: A digest\n")
    if manifest:
        branch.put(MANIFEST, manifest)
    told = "a digest stands on that branch; nothing was changed there; name another branch in roundup.yaml"
    assert roundup("publish", root=digest(config(branch))) == Result(4, "", f"{branch.name}: {told}\n")


def test_a_site_may_hold_a_file_that_is_called_as_one_of_a_digest(branch: Branch, digest: Make, roundup: Run) -> None:
    root = digest({**config(branch), "assets/roundup.yaml": "title: An example\n"})
    for more in ({}, NEW_ISSUE):
        digest({**config(branch), **more})
        assert roundup("publish", root=root).code == 0
        assert_published(branch, root)
    assert [path for path in branch.files() if path.endswith("roundup.yaml")]


def test_a_page_that_somebody_changed_on_the_branch_is_put_there_anew(branch: Branch, digest: Make, roundup: Run) -> None:
    root = digest(config(branch))
    roundup("publish", root=root)
    branch.put("2024-1/index.html", b"By hand.\n")
    branch.put("CNAME", b"x")
    roundup("publish", root=root)
    assert_published(branch, root, CNAME=b"x")


@pytest.mark.parametrize("manifest", [None, b"{}"])
def test_a_branch_that_changes_before_it_is_ours_is_looked_at_anew(manifest: bytes | None, branch: Branch, digest: Make, roundup: Run) -> None:
    root = digest(config(branch))
    branch.put("CNAME", b"x")
    assert roundup("publish", "--dry-run", root=root).code == 0
    if manifest:
        branch.put(MANIFEST, manifest)
        assert roundup("publish", root=root).code == 4
        branch.put("CNAME", b"y")
        assert roundup("publish", root=root).code == 4
        branch.remove(MANIFEST)
    branch.put("CNAME", b"y")
    assert roundup("publish", root=root).code == 0
    assert_published(branch, root, CNAME=b"y")


def test_a_branch_that_others_rewrote_is_taken_as_it_is(branch: Branch, digest: Make, roundup: Run) -> None:
    root = digest(config(branch))
    roundup("publish", root=root)
    branch.git("update-ref", "-d", "refs/heads/gh-pages")
    branch.put("CNAME", b"x")
    roundup("publish", root=root)
    assert_published(branch, root, CNAME=b"x")
    assert len(branch.git("log", "--format=%h", "gh-pages").split()) == 2


@pytest.mark.parametrize("lock", ["refs/roundup/made.lock", "HEAD.lock", "config.lock", "packed-refs.lock", "shallow.lock"])
def test_what_a_git_that_was_stopped_had_locked_is_in_nobodys_way(lock: str, branch: Branch, digest: Make, roundup: Run) -> None:
    root = digest(config(branch))
    roundup("publish", root=root)
    write(root / STORE / lock, "")
    digest({**config(branch), **NEW_ISSUE})
    assert roundup("publish", root=root).code == 0
    assert_published(branch, root)
    assert not list((root / STORE).rglob("*.lock"))


def test_a_repository_of_ours_that_was_half_made_is_made_whole(branch: Branch, digest: Make, roundup: Run) -> None:
    root = digest(config(branch))
    write(root / STORE / "HEAD", "ref: refs/heads/main\n")
    write(root / STORE / "config.lock", "")
    assert roundup("publish", root=root).code == 0
    assert_published(branch, root)


@pytest.mark.parametrize("filters", ["true", "false"])
def test_a_fresh_clone_reads_no_file_that_it_does_not_need(filters: str, branch: Branch, digest: Make, roundup: Run) -> None:
    """Trees and the manifest; where a server cannot leave out the files, they come along."""
    branch.git("config", "uploadpack.allowFilter", filters)
    branch.git("config", "uploadpack.allowAnySHA1InWant", filters)
    root = digest(config(branch))
    roundup("publish", root=root)
    shutil.rmtree(root / ".roundup")
    shutil.rmtree(root / "site")
    digest({**config(branch), **NEW_ISSUE})
    roundup("publish", "--dry-run", root=root)
    kept = branch.git("cat-file", "--batch-check=%(objecttype)", "--batch-all-objects", "--unordered", at=root / STORE).split()
    assert (kept.count(b"blob") < 5) == (filters == "true")
    assert roundup("publish", root=root).code == 0
    assert_published(branch, root)
    assert branch.git("fsck", "--full", "--strict") == b""


def test_nothing_of_ours_is_a_command(branch: Branch, digest: Make, roundup: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Option-like names and remotes run nothing, and what is run gets its arguments one by one, with no shell between."""
    log = tmp_path / "log"
    for name in ("git", "rsync", "ssh", "sh"):
        executable(tmp_path / "bin" / name, f'#!/bin/bash\nprintf "%s\\x1f" {name} "$@" >> "{log}"; echo >> "{log}"; exit 1\n')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("GIT_SSH_COMMAND", raising=False)
    hostile = ["--upload-pack=touch pwned", "-oProxyCommand=touch pwned", "ext::sh -c touch% pwned", "ext::sh", "::x", "ssh://-oProxyCommand=x/y", "host:--x", "a:$(touch pwned)", "`x`:y"]
    for value in hostile:
        for block in (f'{{to: github-pages, remote: "{value}"}}', f'{{to: github-pages, branch: "{value}"}}', f'{{to: rsync, path: "{value}"}}')[: 2 if value == "ext::sh" else 3]:  # to rsync that is a host
            root = digest({"roundup.yaml": f"title: A digest\nurl: https://example.org/\npublish: {block}\n"})
            assert roundup("publish", root=root).code == 1, block
    assert not log.exists()
    for block in ("{to: github-pages, remote: ann@example.org:digest.git}", "{to: rsync, path: ann@example.org:www}"):
        root = digest({"roundup.yaml": f"title: A digest\nurl: https://example.org/\npublish: {block}\n"})
        assert roundup("publish", root=root).code == 4
    asked = [line.split("\x1f")[:-1] for line in log.read_text().splitlines()]
    assert [row for row in asked if row[0] == "git"]
    assert [row[-4:-1] for row in asked if row[0] == "rsync"] == [["--out-format=%n", "--", "ann@example.org:www/"]]
    assert not [row for row in asked if row[0] in ("ssh", "sh")]
    assert not list(tmp_path.rglob("pwned"))


SECRET = "s3cr3t-canary-0b5f"


def basic(user: str, password: str) -> str:
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


class _Refusing(BaseHTTPRequestHandler):
    """A git server that lets nobody in, and remembers how they asked."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.headers.get("Authorization", ""))
        self.send_response(403)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def refusing() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Refusing) as server:
        Thread(target=server.serve_forever).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("where", "login", "given"),
    [
        ("address", f"ann:{SECRET}@", basic("ann", SECRET)),
        ("address", f"{SECRET}@", basic(SECRET, "")),
        ("address", f"{SECRET}:@", basic(SECRET, "")),
        ("setting", "", f"basic {SECRET}"),
        ("helper", "ann@", basic("ann", SECRET)),
    ],
)
def test_a_login_reaches_the_server_and_nothing_else(
    where: str, login: str, given: str, branch: Branch, refusing: str, digest: Make, roundup: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In the address of a remote, a token in place of a name there, in the repository's settings, as an action of GitHub's leaves it, or known to
    a credential helper: in no output, no file of ours, no arguments."""
    root = digest({"roundup.yaml": "title: A digest\nurl: https://example.org/\npublish: {to: github-pages}\n"})
    branch.git("init", "--quiet", at=root)
    branch.git("remote", "add", "origin", f"http://{login}{refusing}/digest.git", at=root)
    if where == "setting":
        branch.git("config", f"http.http://{refusing}/.extraheader", f"AUTHORIZATION: basic {SECRET}", at=root)
    elif where == "helper":
        write(tmp_path / "known", f"username=ann\npassword={SECRET}\n")
        branch.git("config", "credential.helper", f'!cat "{tmp_path}/known"; :', at=root)
    log = tmp_path / "log"
    on_the_way(monkeypatch, tmp_path / "bin", f'echo "$@" >> "{log}"; (while :; do tr "\\0" " " < /proc/$$/cmdline; ps -eo args; sleep 0.01; done >> "{log}" 2>/dev/null) & trap "kill $!" EXIT; "$GIT" "$@"; exit $?')
    _Refusing.asked.clear()
    done = roundup("-v" if where == "address" else "publish", *(["publish"] if where == "address" else []), root=root)
    assert done.code == 4
    assert "403" in done.err
    assert given in _Refusing.asked
    seen = "".join([done.out, done.err, log.read_text(), *(data.decode("utf-8", "replace") for path, data in tree(root).items() if not path.startswith(".git/"))])
    assert SECRET not in seen
    assert given not in seen


def test_the_canary_of_a_server_that_cannot_be_reached(digest: Make, roundup: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment holds for rsync and S3 is in no message of theirs."""
    for key in ("RSYNC_PASSWORD", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID"):
        monkeypatch.setenv(key, SECRET)
    for block in ("{to: rsync, path: rsync://ann@127.0.0.1:9/digest}", "{to: s3, bucket: digest, region: eu-central-1, endpoint: http://127.0.0.1:9}"):
        pytest.importorskip("boto3") if "s3" in block else None
        root = digest({"roundup.yaml": f"title: A digest\nurl: https://example.org/\npublish: {block}\n"})
        done = roundup("publish", root=root)
        assert done.code == 4, done
        assert SECRET not in done.out + done.err + "".join(data.decode("utf-8", "replace") for data in tree(root).values())
