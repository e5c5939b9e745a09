#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace taskgate::app {

// Reads the text of an `.env` file: lines `NAME=value`, optionally with `export ` before the name; blank lines and
// lines that begin with `#` are skipped. A value may be bare (a ` #` begins a comment, blanks around it are dropped),
// in single quotes (taken as it is) or in double quotes (with \n, \t, \\, \" and \$). Nothing is expanded and nothing
// runs over several lines. A name that comes twice takes its last value. Errors: bad_request, reason `env_file`, naming
// the line: no `=`, a name that is not [A-Za-z_][A-Za-z0-9_]*, a quote that is not closed, text after it, a NUL or
// invalid UTF-8 (a binary file).
[[nodiscard]] Result<std::map<std::string, std::string>> parse_env_file(std::string_view text);

}  // namespace taskgate::app
