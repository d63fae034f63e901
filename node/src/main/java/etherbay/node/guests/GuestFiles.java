// SPDX-License-Identifier: Apache-2.0
package etherbay.node.guests;

import etherbay.admin.Documents;
import etherbay.base.DurableFile;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.keeper.GuestRecord;
import etherbay.guest.keeper.GuestStore;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;

/**
 * The records of guests in the state folder: {@code guests/NAME.json} each, written whole. One that
 * cannot be read is moved to {@code NAME.json.damaged} and said: its guest is not known then, and
 * its disk still is nobody else's.
 */
final class GuestFiles implements GuestStore {
    private static final String SUFFIX = ".json";

    private final Path folder;
    private final Consumer<String> say;

    /** @throws EtherbayException ENVIRONMENT when the folder cannot be made */
    GuestFiles(Path folder, Consumer<String> say) {
        this.say = say;
        try {
            this.folder = Files.createDirectories(folder);
        } catch (IOException failure) {
            throw unusable(folder, failure);
        }
    }

    private static EtherbayException unusable(Path path, IOException failure) {
        return new EtherbayException(
                ErrorCode.ENVIRONMENT,
                "what is known of guests cannot be kept at " + path,
                failure.toString(),
                "make room there, and make it writable for the daemon's user");
    }

    @Override
    public List<GuestRecord> load() {
        List<GuestRecord> records = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
            for (Path file : files) {
                read(file, records);
            }
        } catch (IOException failure) {
            throw unusable(folder, failure);
        }
        records.sort(Comparator.comparing(GuestRecord::name));
        return records;
    }

    private void read(Path file, List<GuestRecord> records) throws IOException {
        try {
            GuestRecord record = GuestForm.read(Files.readString(file), file.toString());
            if (!file.equals(file(record.name()))) {
                throw new EtherbayException(
                        ErrorCode.INVALID,
                        file + " is that of another guest",
                        "it names " + record.name(),
                        "give it the name of its guest");
            }
            records.add(record);
        } catch (EtherbayException damaged) {
            Path aside = file.resolveSibling(file.getFileName() + ".damaged");
            Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
            say.accept(damaged.getMessage() + ": " + damaged.why() + ": it stands in " + aside
                    + "; if its guest is not known on another node either, mend the file, give it"
                    + " back its name, and start the daemon again");
        }
    }

    private Path file(String guest) {
        return folder.resolve(guest + SUFFIX);
    }

    @Override
    public void save(GuestRecord record) {
        Path file = file(record.name());
        try {
            DurableFile.writePrivate(
                    file, Documents.json(GuestForm.of(record)).getBytes(StandardCharsets.UTF_8));
        } catch (IOException failure) {
            throw unusable(file, failure);
        }
    }

    @Override
    public void delete(String guest) {
        Path file = file(guest);
        try {
            Files.deleteIfExists(file);
            DurableFile.syncFolder(folder);
        } catch (IOException failure) {
            throw unusable(file, failure);
        }
    }
}
