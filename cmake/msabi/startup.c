/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The entry point of a console program in Microsoft's ABI where no Microsoft C start-up code is at
 * hand: asks the UCRT for the arguments, calls main, exits through the UCRT. A Visual Studio build
 * does not use this file.
 */
#include <corecrt_startup.h>
#include <stdlib.h>

int main(int argc, char **argv);
void mainCRTStartup(void);

void mainCRTStartup(void)
{
    _set_app_type(_crt_console_app);
    if (_configure_narrow_argv(_crt_argv_unexpanded_arguments) != 0 ||
        _initialize_narrow_environment() != 0)
        _exit(255);
    exit(main(*__p___argc(), *__p___argv()));
}
