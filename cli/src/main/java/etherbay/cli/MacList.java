// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.MacAddress;
import etherbay.initiator.tools.FoundPath;
import etherbay.node.settings.Ethers;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Addresses of initiators as a person writes them, and lists of them as we print them. */
final class MacList {
    /** Lists of the protocol have a count of 8 bits. */
    static final int COUNT_MAX = 255;

    private MacList() {}

    /**
     * Reads addresses and names of ethers(5), each once.
     *
     * @throws EtherbayException INVALID for group addresses and too many, NOT_FOUND for a name
     *     that nobody knows
     */
    static List<MacAddress> parse(List<String> words, Path ethersFile) {
        Ethers ethers = Ethers.read(ethersFile);
        List<MacAddress> macs =
                words.stream().map(word -> parse(word, ethers)).distinct().toList();
        if (macs.size() > COUNT_MAX) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    macs.size() + " addresses are too many",
                    "a list of the protocol has at most " + COUNT_MAX,
                    "name fewer");
        }
        return macs;
    }

    private static MacAddress parse(String word, Ethers ethers) {
        MacAddress mac = MacAddress.parse(word)
                .or(() -> Optional.ofNullable(ethers.macs().get(word)))
                .orElseThrow(() -> new EtherbayException(
                        ErrorCode.NOT_FOUND,
                        "`" + EtherbayException.shown(word) + "` is nobody's address",
                        "it is not six hexadecimal octets, and "
                                + (ethers.failure().isEmpty()
                                        ? ethers.file() + " does not name it"
                                        : ethers.failure()),
                        "give it as in 02:00:00:00:00:01 (`ip link` shows it), or add a line to "
                                + ethers.file()));
        if (mac.isGroup()) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "`" + EtherbayException.shown(word) + "` is not the address of an initiator",
                    "a group address is nobody's own",
                    "give the address of a single interface, as in 02:00:00:00:00:01");
        }
        return mac;
    }

    /** Refuses what a person may not want; when the person says yes, it is only said. */
    static void requireYes(boolean yes, EtherbayException danger, PrintWriter err) {
        if (!yes) {
            throw danger;
        }
        err.println("warning: " + danger.getMessage() + ": " + danger.why());
        err.flush();
    }

    /**
     * An edit that leaves this machine outside.
     *
     * @param what would happen, as a sentence
     */
    static EtherbayException shutOut(String what, String why) {
        return new EtherbayException(
                ErrorCode.CONFLICT,
                what,
                why,
                "add your own address to the list, or say --yes if that is what you want");
    }

    /** One address a line, or a sentence; with --json one document. */
    static void print(
            PrintWriter out,
            FoundPath path,
            boolean json,
            List<MacAddress> macs,
            String whenEmpty) {
        List<String> texts = macs.stream().map(MacAddress::toString).toList();
        if (json) {
            Map<String, Object> values = new LinkedHashMap<>();
            values.put("disk", path.disk().toString());
            values.put("macs", texts);
            out.println(JsonText.of(values));
        } else if (texts.isEmpty()) {
            out.println(path.disk() + ": " + whenEmpty);
        } else {
            texts.forEach(out::println);
        }
        out.flush();
    }
}
