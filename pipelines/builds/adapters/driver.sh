# Runs inside the build: takes the name of a command file, sources it, answers with its status.
# One shell serves all commands and phases, so directory, variables and functions carry over.
# Environment and directory are noted after each command: a command that ends this shell
# ("exit 1", "set -e") does not take them along; the next shell begins with them.
# Braces with 2>/dev/null keep these lines out of the log of a build that says "set -x"; "command"
# passes over functions of the build; ">|" writes also after "set -C".
exec 3</codebuild/control/commands 4>/codebuild/control/results
if [ -f /codebuild/control/directory ]; then
  IFS= read -r __directory </codebuild/control/directory
  cd "$__directory" 2>/dev/null
fi
while { IFS= command read -r __step <&3; } 2>/dev/null; do
  . "/codebuild/control/$__step" </dev/null 3<&- 4>&-
  {
    __status=$?
    /usr/bin/env -0 >|/codebuild/control/environment
    command pwd >|/codebuild/control/directory
    command printf '%s\n' "$__status" >&4
  } 2>/dev/null
done
