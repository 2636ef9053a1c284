# Read by each task's pod before the agent's own script, which installs git, the agent and an environment of Python from the network.
# Where the image holds them, none of that is done. A variable that somebody has set, even to nothing, stays as it is.

# use_what_the_image_holds VERSION REQUIREMENTS
#   VERSION: of the agent that tasks are run by.
#   REQUIREMENTS: packages the task asks for, in base64; `none`; or `unknown`, where they are its repository's affair.
use_what_the_image_holds() {
  local python found=""
  for python in ${LOCAL_PYTHON:-} python3.{20..8} python3; do
    python="$(command -v "$python")" || continue
    # It has to start: of the modules it needs, images lack some.
    if [ "$("$python" -m clearml_agent --version 2>/dev/null)" = "CLEARML-AGENT version $1" ]; then
      found="$python"
      break
    fi
  done
  [ -n "$found" ] || return 0
  export LOCAL_PYTHON="$found" CLEARML_AGENT_NO_UPDATE="${CLEARML_AGENT_NO_UPDATE-1}"
  if command -v git >/dev/null; then
    export CLEARML_AGENT_SKIP_CONTAINER_APT="${CLEARML_AGENT_SKIP_CONTAINER_APT-1}"
  fi
  if holds_all "$2"; then
    export CLEARML_AGENT_SKIP_PYTHON_ENV_INSTALL="${CLEARML_AGENT_SKIP_PYTHON_ENV_INSTALL-1}"
  fi
}

# Whether nothing would be installed. Packages that are named by an address are, whatever is there.
holds_all() {
  case "$1" in
  none) return 0 ;;
  unknown) return 1 ;;
  esac
  local wanted
  wanted="$(echo "$1" | base64 --decode)"
  case "$wanted" in
  *://*) return 1 ;;
  esac
  "$LOCAL_PYTHON" -m pip install --disable-pip-version-check --quiet --no-index --dry-run --requirement <(echo "$wanted") >/dev/null 2>&1
}
