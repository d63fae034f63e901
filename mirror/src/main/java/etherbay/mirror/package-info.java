// SPDX-License-Identifier: Apache-2.0
/** RAID1 in the on-disk format of the Linux md driver (superblock 1.2), and who owns its legs. */
@org.jspecify.annotations.NullMarked
package etherbay.mirror;
