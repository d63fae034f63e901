# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What the launcher of this tree and the installed one have in common. Sourced; any POSIX shell.

# Whether the verb $1 serves or lasts: such get the optimising compiler and a heap with a bound, as
# the data path lives outside of the heap. All others start as quickly as can be.
is_service() {
    case $1 in
        attach | export | node | nbd | mirror | segment | demo | guest) return 0 ;;
        *) return 1 ;;
    esac
}
