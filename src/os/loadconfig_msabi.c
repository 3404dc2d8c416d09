/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What Microsoft's C start-up code would bring into a module, for builds with clang-cl and lld-link
 * where that code is not at hand: the load configuration (control-flow guard, security cookie,
 * where dependencies are looked for), the stack probe and the floating-point marker. A Visual
 * Studio build does not compile this file.
 */
#include <stdint.h>

extern const int _fltused;
const int _fltused = 0x9875;

/* The loader replaces this well-known value by a random one before any code of the module runs. */
extern uint64_t __security_cookie;
uint64_t __security_cookie = 0x00002B992DDFA232;

/*
 * An indirect call goes through one of these pointers. They stand for "guard off"; a loader that
 * enforces control-flow guard points them at its own checks.
 */
void efa_guard_check_nothing(void *target);
void efa_guard_dispatch_to_rax(void);

void efa_guard_check_nothing(void *target)
{
    (void)target;
}

#pragma section(".00cfg", read)
extern void (*const __guard_check_icall_fptr)(void *target);
extern void (*const __guard_dispatch_icall_fptr)(void);
__declspec(allocate(".00cfg")) void (*const __guard_check_icall_fptr)(void *target) =
    efa_guard_check_nothing;
__declspec(allocate(".00cfg")) void (*const __guard_dispatch_icall_fptr)(void) =
    efa_guard_dispatch_to_rax;

/* clang-format off */
__asm__(
    ".text\n"
    ".globl efa_guard_dispatch_to_rax\n"
    ".p2align 4\n"
    "efa_guard_dispatch_to_rax:\n"
    "    jmp rax\n"

    /* Touches each page of a frame of rax bytes in turn, so that the guard page grows the stack. */
    ".globl __chkstk\n"
    ".p2align 4\n"
    "__chkstk:\n"
    "    lea r11, [rsp + 8]\n"
    "    mov r10, rax\n"
    ".Lefa_next_page:\n"
    "    cmp r10, 4096\n"
    "    jb .Lefa_last_page\n"
    "    sub r11, 4096\n"
    "    test byte ptr [r11], al\n"
    "    sub r10, 4096\n"
    "    jmp .Lefa_next_page\n"
    ".Lefa_last_page:\n"
    "    sub r11, r10\n"
    "    test byte ptr [r11], al\n"
    "    ret\n"

    /*
     * IMAGE_LOAD_CONFIG_DIRECTORY64. In assembly since __guard_flags, made by the linker, is an
     * absolute 32-bit symbol, which no C initialiser can hold.
     */
    ".section .rdata,\"dr\"\n"
    ".globl _load_config_used\n"
    ".p2align 4\n"
    "_load_config_used:\n"
    "    .long 320\n"                        /*   0 Size */
    "    .fill 74, 1, 0\n"                   /*   4 stamps, heap and process settings */
    "    .short 0x800\n"                     /*  78 DependentLoadFlags: System32 alone */
    "    .quad 0\n"                          /*  80 EditList */
    "    .quad __security_cookie\n"          /*  88 SecurityCookie */
    "    .quad 0, 0\n"                       /*  96 SEHandlerTable, SEHandlerCount: 32-bit only */
    "    .quad __guard_check_icall_fptr\n"   /* 112 GuardCFCheckFunctionPointer */
    "    .quad __guard_dispatch_icall_fptr\n" /* 120 GuardCFDispatchFunctionPointer */
    "    .quad __guard_fids_table\n"         /* 128 GuardCFFunctionTable */
    "    .quad __guard_fids_count\n"         /* 136 GuardCFFunctionCount */
    "    .long __guard_flags\n"              /* 144 GuardFlags */
    "    .fill 12, 1, 0\n"                   /* 148 CodeIntegrity */
    "    .quad __guard_iat_table\n"          /* 160 GuardAddressTakenIatEntryTable */
    "    .quad __guard_iat_count\n"          /* 168 GuardAddressTakenIatEntryCount */
    "    .quad __guard_longjmp_table\n"      /* 176 GuardLongJumpTargetTable */
    "    .quad __guard_longjmp_count\n"      /* 184 GuardLongJumpTargetCount */
    "    .fill 128, 1, 0\n");                /* 192 to 319: features that are not used */
/* clang-format on */
