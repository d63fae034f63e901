// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import etherbay.base.IoStatus;

/** The errors that NBD knows, with their numbers ("Error values"), and the map from and to ours. */
enum NbdError {
    NONE(0),
    EPERM(1),
    EIO(5),
    ENOMEM(12),
    EINVAL(22),
    ENOSPC(28),
    EOVERFLOW(75),
    ENOTSUP(95),
    ESHUTDOWN(108);

    private final int number;

    NbdError(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }

    /**
     * What a client is told. OFFLINE is EIO and not ESHUTDOWN: that would tell the client to leave,
     * and the disk may come back. FENCED is EPERM: no medium is at fault, it is not ours to write.
     */
    static NbdError of(IoStatus status) {
        return switch (status) {
            case OK -> NONE;
            case FAILED, UNKNOWN, OFFLINE -> EIO;
            case FENCED, READ_ONLY -> EPERM;
            case RANGE -> EINVAL;
            case UNSUPPORTED -> ENOTSUP;
            case NO_SPACE -> ENOSPC;
        };
    }

    /** How a request ended that a server answered with this number; unknown ones are EINVAL. */
    static IoStatus statusOf(int number) {
        for (NbdError error : values()) {
            if (error.number == number) {
                return error.status();
            }
        }
        return IoStatus.FAILED;
    }

    private IoStatus status() {
        return switch (this) {
            case NONE -> IoStatus.OK;
            case EPERM -> IoStatus.READ_ONLY;
            case ENOSPC -> IoStatus.NO_SPACE;
            case ENOTSUP -> IoStatus.UNSUPPORTED;
            case EIO, ENOMEM, EINVAL, EOVERFLOW, ESHUTDOWN -> IoStatus.FAILED;
        };
    }
}
