// SPDX-License-Identifier: Apache-2.0
package etherbay.node.guests;

import etherbay.base.EtherbayException;
import etherbay.guest.machine.GuestBoot;
import etherbay.guest.machine.GuestDisk;
import etherbay.guest.machine.GuestNic;
import etherbay.guest.machine.GuestSpec;
import etherbay.guest.machine.Hypervisor.Abilities;

import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * What a person wants a new guest to be, in the options of {@code etherbay guest create}: each is a
 * text, lists are parted by commas.
 */
record GuestOrder(Map<String, String> options) {
    static final Map<String, String> DEFAULTS = Map.ofEntries(
            Map.entry("name", ""),
            Map.entry("mirror", ""),
            Map.entry("legs", ""),
            Map.entry("interfaces", "eth0"),
            Map.entry("image", ""),
            Map.entry("ssh-key", ""),
            Map.entry("password", ""),
            Map.entry("cpus", "1"),
            Map.entry("memory-mib", "512"),
            Map.entry("cpu", ""),
            Map.entry("net", ""),
            Map.entry("kernel", ""),
            Map.entry("initrd", ""),
            Map.entry("append", ""),
            Map.entry("vnc", "false"),
            Map.entry("assume-clean", "false"),
            Map.entry("yes", "false"));

    /** @throws EtherbayException INVALID for an option that is none */
    static GuestOrder of(Map<String, String> options) {
        for (String option : options.keySet()) {
            if (!DEFAULTS.containsKey(option)) {
                throw GuestVerbs.invalid(
                        "a new guest has no option `" + EtherbayException.shown(option) + "`",
                        "known are: "
                                + String.join(
                                        ", ",
                                        DEFAULTS.keySet().stream().sorted().toList()));
            }
        }
        GuestOrder order = new GuestOrder(Map.copyOf(options));
        GuestSpec.requireName(order.name());
        return order;
    }

    private String text(String key) {
        return options.getOrDefault(key, DEFAULTS.getOrDefault(key, ""));
    }

    private List<String> list(String key) {
        return Stream.of(text(key).split(",", -1))
                .map(String::strip)
                .filter(each -> !each.isEmpty())
                .toList();
    }

    private boolean isOn(String key) {
        return text(key).equals("true");
    }

    private long number(String key) {
        try {
            return Long.parseLong(text(key));
        } catch (NumberFormatException none) {
            throw GuestVerbs.invalid(
                    key + " = `" + EtherbayException.shown(text(key)) + "` is no number",
                    "a whole number is wanted");
        }
    }

    String name() {
        return text("name");
    }

    /** One that is there; empty to make one. */
    String mirror() {
        return text("mirror");
    }

    List<String> legs() {
        return list("legs");
    }

    List<String> interfaces() {
        return list("interfaces");
    }

    Optional<String> image() {
        return Optional.of(text("image")).filter(image -> !image.isEmpty());
    }

    String sshKey() {
        return text("ssh-key");
    }

    String password() {
        return text("password");
    }

    boolean assumeClean() {
        return isOn("assume-clean");
    }

    boolean yes() {
        return isOn("yes");
    }

    /** With what this machine gives a new guest. */
    GuestSpec spec(GuestDisk disk, Abilities here) {
        SecureRandom random = new SecureRandom();
        String cpu = text("cpu");
        String usual = here.accelerator().equals("kvm") ? "host" : "max";
        return new GuestSpec(
                name(),
                UUID.randomUUID().toString(),
                here.machine(),
                cpu.isEmpty() ? usual : cpu,
                Math.clamp(number("cpus"), 0, Integer.MAX_VALUE),
                number("memory-mib"),
                disk,
                list("net").stream().map(plug -> GuestNic.of(plug, random)).toList(),
                new GuestBoot(text("kernel"), text("initrd"), text("append"), ""),
                isOn("vnc"));
    }
}
