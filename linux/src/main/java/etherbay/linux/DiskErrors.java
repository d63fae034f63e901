// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.IoStatus;

import java.nio.file.Path;
import java.util.OptionalInt;

/** What the errors of files and disks mean: to a person when one is opened, to an Io afterwards. */
final class DiskErrors {
    /** fcntl.h: relative to the working folder. */
    static final int AT_FDCWD = -100;

    private DiskErrors() {}

    /** The one table from errno to status. */
    static IoStatus status(int errno) {
        return switch (errno) {
            case Errno.ENOSPC, Errno.EDQUOT, Errno.EFBIG -> IoStatus.NO_SPACE;
            case Errno.EROFS, Errno.EPERM, Errno.EACCES -> IoStatus.READ_ONLY;
            case Errno.EOPNOTSUPP, Errno.ENOSYS -> IoStatus.UNSUPPORTED;
            default -> IoStatus.FAILED;
        };
    }

    static EtherbayException cannotOpen(Path path, int errno, Disk.Options options) {
        String message = "cannot open " + path;
        String cause = Errno.name(errno);
        return switch (errno) {
            case Errno.ENOENT, Errno.ENXIO, Errno.ENODEV, Errno.ENOMEDIUM ->
                new EtherbayException(
                        ErrorCode.NOT_FOUND,
                        message,
                        cause,
                        "check the path; to make a sparse 1 GiB file: truncate -s 1G " + path);
            case Errno.EACCES, Errno.EPERM, Errno.EROFS ->
                new EtherbayException(
                        ErrorCode.DENIED,
                        message,
                        cause,
                        options.readOnly()
                                ? "run as a user that may read it"
                                : "run as a user that may write it, or open it read-only (-r)");
            case Errno.EBUSY -> inUse(path, OptionalInt.empty());
            case Errno.EINVAL -> noDirectIo(path);
            default ->
                new EtherbayException(
                        ErrorCode.ENVIRONMENT, message, cause, "see the kernel's log: dmesg");
        };
    }

    static EtherbayException inUse(Path path, OptionalInt holder) {
        String who = holder.isPresent() ? "process " + holder.getAsInt() : "another process";
        return new EtherbayException(
                ErrorCode.CONFLICT,
                path + " is in use",
                who + " holds it; two writers would destroy each other's data",
                "stop the other one (fuser -v " + path + "; is it mounted?)");
    }

    static EtherbayException notADisk(Path path, boolean folder) {
        return new EtherbayException(
                ErrorCode.INVALID,
                "cannot use " + path + " as a disk",
                folder ? "it is a folder" : "it is neither a file nor a block device",
                "name a file or a block device; to make a sparse 1 GiB file: truncate -s 1G FILE");
    }

    static EtherbayException noDirectIo(Path path) {
        return new EtherbayException(
                ErrorCode.ENVIRONMENT,
                "cannot open " + path + " for direct I/O",
                "its file system has no direct I/O",
                "use it through the page cache (--buffered)");
    }
}
