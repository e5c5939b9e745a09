#pragma once

namespace taskgate::app {

// The program `taskgate`: reads the command line, does what it says, and gives the exit status: 0 done, 1 it could not
// be done (a sentence on standard error says why), 2 the command line is wrong.
int run_command_line(int argument_count, char** arguments);

}  // namespace taskgate::app
