// SPDX-License-Identifier: Apache-2.0
/** Volumes in the on-disk format of LVM2: physical volumes, volume groups, logical volumes. */
@org.jspecify.annotations.NullMarked
package etherbay.volume;
