// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.conform;

import etherbay.aoe.AoeFrames;
import etherbay.aoe.AtaCommand;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.aoe.IdentifyData;
import etherbay.aoe.IdentifyData.Capability;
import etherbay.aoe.MaskHeader;
import etherbay.aoe.ReserveHeader;
import etherbay.base.MacAddress;
import etherbay.base.Prng;
import etherbay.initiator.AoeClient;
import etherbay.initiator.Reply;
import etherbay.initiator.Request;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What the rules that change something find and must leave as it was: config string, mask list,
 * reservation, write cache; the sectors of the area and the last one. State is put back after each
 * rule, so that one that failed does not spoil the next; sectors at the end.
 */
final class SavedState {
    private static final int FIRST_LINE_BYTES_MAX = 80;

    private final AoeClient client;
    private final Subject subject;
    private final Optional<byte[]> config;
    private final Optional<List<MacAddress>> masks;
    private final Optional<List<MacAddress>> reservation;
    private final boolean cacheOn;
    private final boolean writable;
    private final Optional<byte[]> area;
    private final Optional<byte[]> lastSector;

    private SavedState(AoeClient client, Subject subject) {
        this.client = client;
        this.subject = subject;
        config = client.ask(subject.station(), AoeFrames::configQuery).flatMap(Reply::configString);
        masks = readMasks();
        reservation = readReservation();
        cacheOn = cacheIsOn();
        area = subject.areaSectors() == 0
                ? Optional.empty()
                : read(subject.areaLba(), subject.areaSectors());
        lastSector = area.flatMap(_ -> read(subject.sectors() - 1, 1));
        writable = lastSector.isPresent() && takesWrites();
    }

    /** Reads all of it. */
    static SavedState of(AoeClient client, Subject subject) {
        return new SavedState(client, subject);
    }

    /** Whether the target takes writes from us, so that rules about data mean something. */
    boolean writable() {
        return writable;
    }

    /** What is kept, in words: for the case that this process is killed. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        config.ifPresent(string -> lines.add("config string: " + textOf(string)));
        masks.ifPresent(list -> lines.add("mask list: " + textOf(list)));
        reservation.ifPresent(list -> lines.add("reservation: " + textOf(list)));
        area.ifPresent(_ -> lines.add("sectors %d to %d, and the last one, %d"
                .formatted(
                        subject.areaLba(),
                        subject.areaLba() + subject.areaSectors() - 1,
                        subject.sectors() - 1)));
        return lines;
    }

    private static String textOf(byte[] string) {
        String text = new String(string, StandardCharsets.ISO_8859_1);
        String shown = text.length() > FIRST_LINE_BYTES_MAX
                ? text.substring(0, FIRST_LINE_BYTES_MAX) + "... (" + text.length() + " bytes)"
                : text;
        return "\"" + shown.replaceAll("[^ -~]", "?") + "\"";
    }

    private static String textOf(List<MacAddress> macs) {
        return macs.isEmpty()
                ? "empty"
                : String.join(" ", macs.stream().map(MacAddress::toString).toList());
    }

    /** Signs in the state that somebody uses the disk. */
    List<String> claims() {
        List<String> claims = new ArrayList<>();
        config.filter(string -> string.length > 0)
                .ifPresent(string -> claims.add("its config string claims it: " + textOf(string)));
        reservation
                .filter(list -> !list.isEmpty())
                .ifPresent(list -> claims.add("it is reserved by " + textOf(list)));
        masks.filter(list -> !list.isEmpty())
                .ifPresent(list -> claims.add("its mask list names " + textOf(list)));
        return claims;
    }

    /** Whether the target still answers us. */
    boolean answers() {
        return ask(AoeFrames::configQuery).isPresent();
    }

    // ---- putting back ----

    /** @return what could not be put back, each a sentence with what it was */
    List<String> restoreState() {
        List<String> lost = new ArrayList<>();
        masks.ifPresent(list -> {
            if (!restoreMasks(list)) {
                lost.add("the mask list is not what it was: " + textOf(list));
            }
        });
        if (!answers()) {
            return List.of(
                    "it does not answer any more; what was kept: " + String.join(", ", lines()));
        }
        reservation.ifPresent(list -> {
            if (!restoreReservation(list)) {
                lost.add("the reservation is not what it was: " + textOf(list));
            }
        });
        config.ifPresent(string -> {
            if (!restoreConfig(string)) {
                lost.add("the config string is not what it was: " + textOf(string));
            }
        });
        if (cacheIsOn() != cacheOn && !restoreCache()) {
            lost.add("the write cache is not " + (cacheOn ? "on" : "off") + " as it was");
        }
        return lost;
    }

    /** @return the same for sectors */
    List<String> restoreSectors() {
        List<String> lost = new ArrayList<>();
        if (!writable) {
            return lost;
        }
        if (!restored(subject.areaLba(), area.orElseThrow())) {
            lost.add("sectors from %d on are not what they were".formatted(subject.areaLba()));
        }
        if (!restored(subject.sectors() - 1, lastSector.orElseThrow())) {
            lost.add("sector %d is not what it was".formatted(subject.sectors() - 1));
        }
        return lost;
    }

    private boolean restoreConfig(byte[] string) {
        Optional<byte[]> present =
                client.ask(subject.station(), AoeFrames::configQuery).flatMap(Reply::configString);
        if (present.isPresent() && Arrays.equals(present.get(), string)) {
            return true;
        }
        return ask(Trial.config(ConfigHeader.FORCE, string))
                .flatMap(Reply::configString)
                .filter(now -> Arrays.equals(now, string))
                .isPresent();
    }

    private boolean restoreReservation(List<MacAddress> list) {
        if (list.equals(readReservation().orElse(list))) {
            return true;
        }
        ask(StateRules.reserve(ReserveHeader.FORCE, list));
        return readReservation().filter(list::equals).isPresent();
    }

    /**
     * One directive a request; our own address goes last, and stays when others could not be
     * deleted: else nobody would hear us any more.
     */
    private boolean restoreMasks(List<MacAddress> list) {
        MacAddress own = client.mac();
        List<MacAddress> present = readMasks().orElse(list);
        list.stream()
                .filter(mac -> !present.contains(mac))
                .forEach(mac -> ask(StateRules.edit(List.of(StateRules.add(mac)))));
        present.stream()
                .filter(mac -> !list.contains(mac) && !mac.equals(own))
                .forEach(mac -> ask(StateRules.edit(List.of(StateRules.delete(mac)))));
        if (!list.contains(own) && readMasks().orElse(list).equals(List.of(own))) {
            ask(StateRules.edit(List.of(StateRules.delete(own))));
        }
        return StateRules.sorted(readMasks().orElse(List.of())).equals(StateRules.sorted(list));
    }

    private boolean restoreCache() {
        int feature =
                cacheOn ? AtaCommand.FEATURE_WRITE_CACHE_ON : AtaCommand.FEATURE_WRITE_CACHE_OFF;
        ask(frames -> frames.ata(AtaRules.cache(feature), new byte[0]));
        return cacheIsOn() == cacheOn;
    }

    private boolean restored(long lba, byte[] data) {
        int count = data.length / AtaHeader.SECTOR_BYTES;
        if (read(lba, count).filter(now -> Arrays.equals(now, data)).isPresent()) {
            return true;
        }
        return done(trial -> trial.write(lba, data))
                && read(lba, count).filter(now -> Arrays.equals(now, data)).isPresent();
    }

    // ---- reading ----

    private Optional<Reply> ask(Request request) {
        return client.ask(subject.station(), request);
    }

    private Optional<List<MacAddress>> readMasks() {
        return ask(StateRules.readMasks())
                .filter(reply -> reply.refusal().isEmpty())
                .flatMap(Reply::mask)
                .map(mask -> mask.directives().stream()
                        .map(MaskHeader.Directive::mac)
                        .toList());
    }

    private Optional<List<MacAddress>> readReservation() {
        return ask(StateRules.readReservation())
                .filter(reply -> reply.refusal().isEmpty())
                .flatMap(Reply::reserve)
                .map(ReserveHeader.Fields::macs);
    }

    private boolean cacheIsOn() {
        return ask(AoeFrames::identify)
                .filter(reply ->
                        reply.refusal().isEmpty() && reply.data().length >= IdentifyData.BYTES)
                .map(reply -> IdentifyData.read(reply.frame(), AtaHeader.END))
                .filter(data -> data.has(Capability.WRITE_CACHE_ENABLED))
                .isPresent();
    }

    /** Puts back a sector that was just read. */
    private boolean takesWrites() {
        return read(subject.areaLba(), 1)
                .filter(data -> done(trial -> trial.write(subject.areaLba(), data)))
                .isPresent();
    }

    private Optional<byte[]> read(long lba, int count) {
        byte[][] data = new byte[1][];
        return done(trial -> data[0] = trial.read(lba, count))
                ? Optional.of(data[0])
                : Optional.empty();
    }

    private boolean done(Rule.Probe probe) {
        try {
            probe.run(new Trial(client, subject, new Prng(0)));
            return true;
        } catch (Verdict failed) {
            return false;
        }
    }
}
