// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

/** What a request may ask of an export: the protocol document's "Request types", "Error values". */
final class NbdRules {
    private NbdRules() {}

    /** Why it is not done, or NONE. */
    static NbdError refusal(NbdRequest request, NbdHandshake.Agreed agreed) {
        int allowed = flagsAllowed(request.type, agreed);
        if (allowed < 0 || (request.flags & ~allowed) != 0) {
            return NbdError.EINVAL;
        }
        if (request.type == NbdWire.CMD_FLUSH) {
            boolean bare = request.offset == 0 && request.length == 0;
            return bare ? NbdError.NONE : NbdError.EINVAL;
        }
        if (changesData(request.type) && agreed.export().readOnly()) {
            return NbdError.EPERM;
        }
        if (request.type == NbdWire.CMD_READ && request.length > NbdWire.PAYLOAD_BYTES_MAX) {
            return NbdError.EINVAL;
        }
        if (request.type == NbdWire.CMD_BLOCK_STATUS && request.length == 0) {
            return NbdError.EINVAL;
        }
        boolean within = request.offset >= 0
                && request.offset <= agreed.bytes()
                && request.length <= agreed.bytes() - request.offset;
        return within ? NbdError.NONE : beyondTheEnd(request.type);
    }

    private static NbdError beyondTheEnd(int type) {
        return type == NbdWire.CMD_WRITE || type == NbdWire.CMD_WRITE_ZEROES
                ? NbdError.ENOSPC
                : NbdError.EINVAL;
    }

    private static boolean changesData(int type) {
        return type == NbdWire.CMD_WRITE
                || type == NbdWire.CMD_TRIM
                || type == NbdWire.CMD_WRITE_ZEROES;
    }

    /** Command flags that a request of that type may have; negative when there is no such type. */
    private static int flagsAllowed(int type, NbdHandshake.Agreed agreed) {
        int told = agreed.export().flags(agreed.structured());
        boolean readOnly = (told & NbdWire.FLAG_READ_ONLY) != 0;
        int fua = (told & NbdWire.FLAG_SEND_FUA) != 0 ? NbdWire.CMD_FLAG_FUA : 0;
        return switch (type) {
            case NbdWire.CMD_READ -> fua | (agreed.structured() ? NbdWire.CMD_FLAG_DF : 0);
            case NbdWire.CMD_WRITE -> readOnly ? NbdWire.CMD_FLAG_FUA : fua;
            case NbdWire.CMD_DISC -> 0xffff;
            case NbdWire.CMD_CACHE -> fua;
            case NbdWire.CMD_FLUSH -> (told & NbdWire.FLAG_SEND_FLUSH) != 0 ? fua : -1;
            case NbdWire.CMD_TRIM -> readOnly || (told & NbdWire.FLAG_SEND_TRIM) != 0 ? fua : -1;
            case NbdWire.CMD_WRITE_ZEROES -> fua | NbdWire.CMD_FLAG_NO_HOLE;
            case NbdWire.CMD_BLOCK_STATUS ->
                agreed.allocation() ? fua | NbdWire.CMD_FLAG_REQ_ONE : -1;
            default -> -1;
        };
    }
}
