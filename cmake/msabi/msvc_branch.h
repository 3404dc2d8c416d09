/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Included before everything else in the targets of efawin_use_msvc_branch: clang-cl is not
 * recognised as Clang from here on, so the sources take their branch for Microsoft's compiler.
 * Clang's headers of intrinsics need the macro and come first. Its <intrin.h> also includes those
 * of every instruction set, which takes as long as the rest of a file: a guard keeps them out.
 */
#ifndef EFAWIN_MSVC_BRANCH_H
#define EFAWIN_MSVC_BRANCH_H

#include <emmintrin.h>
#define __X86INTRIN_H
#include <intrin.h>

#undef __clang__
#if defined(__GNUC__) || !defined(_MSC_VER)
#error "the sources would not take the branch for Microsoft's compiler"
#endif

#endif
