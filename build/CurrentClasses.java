// SPDX-License-Identifier: Apache-2.0

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.constantpool.ConstantPoolBuilder;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarInputStream;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;

/**
 * Gives classes of the days before Java 6 the version and the stack maps of today, in all jars of a
 * folder: the JVM's archive of loaded classes takes no others, and those that it does not take are
 * the longer half of the start of a command. The code itself stays as it is.
 *
 * <p>{@code java build/CurrentClasses.java FOLDER}
 */
final class CurrentClasses {
    /** The first version whose classes carry stack maps: JVMS 4.10. */
    private static final int WITH_STACK_MAPS = ClassFile.JAVA_6_VERSION;

    private static final int VERSION_AT = 6;

    private CurrentClasses() {}

    public static void main(String[] arguments) throws IOException {
        try (DirectoryStream<Path> jars =
                Files.newDirectoryStream(Path.of(arguments[0]), "*.jar")) {
            for (Path jar : jars) {
                renew(jar);
            }
        }
    }

    private static void renew(Path jar) throws IOException {
        Map<ZipEntry, byte[]> entries = new LinkedHashMap<>();
        Manifest manifest;
        boolean old = false;
        try (JarInputStream in = new JarInputStream(Files.newInputStream(jar), false)) {
            manifest = in.getManifest();
            for (JarEntry entry = in.getNextJarEntry(); entry != null; ) {
                byte[] bytes = in.readAllBytes();
                old |= isOld(entry, bytes);
                entries.put(entry, bytes);
                entry = in.getNextJarEntry();
            }
        }
        if (old) {
            Files.write(jar, packed(entries, manifest, generating(jar)));
        }
    }

    private static boolean isOld(ZipEntry entry, byte[] bytes) {
        return entry.getName().endsWith(".class")
                && ((bytes[VERSION_AT] & 0xff) << 8 | bytes[VERSION_AT + 1] & 0xff)
                        < WITH_STACK_MAPS;
    }

    private static byte[] packed(
            Map<ZipEntry, byte[]> entries, Manifest manifest, ClassFile generating)
            throws IOException {
        ByteArrayOutputStream jar = new ByteArrayOutputStream();
        try (JarOutputStream out = new JarOutputStream(jar)) {
            if (manifest != null) {
                out.putNextEntry(dated(new ZipEntry("META-INF/MANIFEST.MF"), 0));
                manifest.write(out);
            }
            for (Map.Entry<ZipEntry, byte[]> each : entries.entrySet()) {
                ZipEntry entry = each.getKey();
                byte[] bytes = each.getValue();
                out.putNextEntry(dated(new ZipEntry(entry.getName()), entry.getTime()));
                out.write(isOld(entry, bytes) ? current(bytes, generating) : bytes);
            }
        }
        return jar.toByteArray();
    }

    /** The same sources give the same jar. */
    private static ZipEntry dated(ZipEntry entry, long timeMs) {
        entry.setTime(timeMs);
        return entry;
    }

    /** What a stack map says depends on which class is a subclass of which. */
    private static ClassFile generating(Path jar) throws IOException {
        URLClassLoader classes = new URLClassLoader(new URL[] {jar.toUri().toURL()});
        return ClassFile.of(
                ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
                ClassFile.ClassHierarchyResolverOption.of(
                        ClassHierarchyResolver.ofResourceParsing(classes)
                                .orElse(ClassHierarchyResolver.defaultResolver())
                                .cached()));
    }

    /** The version comes first: whether stack maps are made of a method goes by it. */
    private static byte[] current(byte[] bytes, ClassFile generating) {
        ClassModel old = generating.parse(bytes);
        ClassTransform anew = ClassTransform.dropping(
                        element -> element instanceof ClassFileVersion)
                .andThen(ClassTransform.transformingMethodBodies(
                        (code, element) -> code.with(element)));
        return generating.build(
                old.thisClass(),
                ConstantPoolBuilder.of(old),
                builder -> builder.withVersion(ClassFile.JAVA_8_VERSION, 0).transform(old, anew));
    }
}
