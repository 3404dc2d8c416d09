/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Runs the tests of the known defects. */
#include "defects.h"

int main(void)
{
    return defects_control() + defects_data() + defects_answers() + defects_addresses() +
           defects_log() + defects_sends();
}
