# Runs inside the build: takes the name of a command file, sources it, answers with its status.
# One shell serves all commands and phases, so directory, variables and functions carry over.
# Environment and directory are noted after each command: a command that ends this shell
# ("exit 1", "set -e") does not take them along; the next shell begins with them.
exec 3</codebuild/control/commands 4>/codebuild/control/results
if [ -f /codebuild/control/directory ]; then
  cd "$(cat /codebuild/control/directory)" 2>/dev/null
fi
while IFS= read -r __step <&3; do
  . "/codebuild/control/$__step" </dev/null 3<&- 4>&-
  __status=$?
  /usr/bin/env -0 >/codebuild/control/environment
  pwd >/codebuild/control/directory
  printf '%s\n' "$__status" >&4
done
