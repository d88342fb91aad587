#!/bin/sh
# A fetch from end to end against the replay server: run by "make demo".
set -eu
cd "$(mktemp -d)"
run() {
  echo "\$ roundup $*"
  roundup "$@" || echo "[exit $?]"
}
run init . --title "A demonstration"
echo "contact: ann@example.org" >> roundup.yaml
rm -r issues
run new
run fetch hep-th/9901001 https://www.alphaxiv.org/abs/2401.03003 "First light of the LANTERN detector"
run fetch hep-th/9901001 2401.09999
run fetch cs.CL --max 5
run refresh
run build --drafts
echo "the digest stands in $PWD"
