// The few calls to the C library that configuration needs because .NET hides what Redis reports (control plane): the
// errno text of a failure, glob(3) patterns, permission bits.
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace FastKv.Engine.Configuration;

/// <summary>Files and directories as the host's C library sees them. Paths are Latin-1 text, a char per byte; errors are strerror texts.</summary>
internal static unsafe partial class HostFiles
{
    private const int OpenRead = 0;
    private const int OpenAppendCreate = 0x1 | 0x40 | 0x400;
    private const int OpenCloseOnExec = 0x80000;
    private const int DefaultPermission = 0x1B6; // rw for everyone, less the umask

    /// <summary>Changes the working directory; returns the error, or null.</summary>
    public static string? ChangeDirectory(string path) => chdir(Bytes(path)) == 0 ? null : LastError();

    /// <summary>Reads a file of any kind (a pipe too) to its end; returns the error, or null.</summary>
    public static string? Read(string path, out byte[] content)
    {
        content = [];
        int descriptor = open(Bytes(path), OpenRead | OpenCloseOnExec, 0);
        if (descriptor < 0)
            return LastError();
        using var stream = new FileStream(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Read, bufferSize: 0);
        content = ReadToEnd(stream);
        return null;
    }

    /// <summary>Reads a stream to its end.</summary>
    public static byte[] ReadToEnd(Stream stream)
    {
        using var content = new MemoryStream();
        try
        {
            stream.CopyTo(content);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A directory opens but does not read: Redis takes what it got, which is nothing.
            content.SetLength(0);
        }
        return content.ToArray();
    }

    /// <summary>Appends to a file, and makes it if need be; no bytes only try whether that is possible. Returns the error, or null.</summary>
    public static string? Append(string path, ReadOnlySpan<byte> content)
    {
        int descriptor = open(Bytes(path), OpenAppendCreate | OpenCloseOnExec, DefaultPermission);
        if (descriptor < 0)
            return LastError();
        string? error = Write(descriptor, content);
        _ = close(descriptor);
        return error;
    }

    /// <summary>The paths that match a shell pattern, sorted; none when nothing matches or the directory cannot be read.</summary>
    public static List<string> Match(string pattern)
    {
        var paths = new List<string>();
        GlobResult result = default;
        if (glob(Bytes(pattern), 0, null, &result) != 0)
            return paths;
        for (nuint i = 0; i < result.Count; i++)
            paths.Add(Encoding.Latin1.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(result.Paths[i])));
        globfree(&result);
        return paths;
    }

    /// <summary>
    /// Replaces a file as a whole: a temporary file beside it is written, synced and renamed over it, so that a crash leaves the old
    /// or the new one. Returns the error, or null.
    /// </summary>
    public static string? Replace(string path, ReadOnlySpan<byte> content)
    {
        byte[] temporary = Bytes(path + ".XXXXXX");
        int descriptor;
        fixed (byte* name = temporary)
        {
            descriptor = mkostemp(name, OpenCloseOnExec);
        }
        if (descriptor < 0)
            return LastError();
        string? error = Write(descriptor, content);
        if (error is null && (fsync(descriptor) != 0 || fchmod(descriptor, PermissionUnderUmask()) != 0 || rename(temporary, Bytes(path)) != 0))
            error = LastError();
        _ = close(descriptor);
        if (error is not null)
            _ = unlink(temporary);
        return error;
    }

    /// <summary>Writes everything to a descriptor, from wherever its offset stands; returns the error, or null.</summary>
    public static string? Write(int descriptor, ReadOnlySpan<byte> content)
    {
        while (!content.IsEmpty)
        {
            nint written = write(descriptor, content, (nuint)content.Length);
            if (written <= 0 && Marshal.GetLastPInvokeError() != InterruptedErrno)
                return LastError();
            content = content[(int)nint.Max(written, 0)..];
        }
        return null;
    }

    private const int InterruptedErrno = 4;

    private static uint PermissionUnderUmask()
    {
        uint mask = umask(0);
        _ = umask(mask);
        return 0x1A4 & ~mask; // 0644
    }

    private static string LastError() => Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());

    private static byte[] Bytes(string path) => Encoding.Latin1.GetBytes(path + "\0");

    /// <summary>The head of glob_t, which glibc and musl agree on, with room for the rest.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 128)]
    private struct GlobResult
    {
        public nuint Count;
        public byte** Paths;
    }

#pragma warning disable SYSLIB1054, IDE1006, CA2101
    [LibraryImport("libc", SetLastError = true)]
    private static partial int chdir(byte[] path);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int open(byte[] path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int descriptor, ReadOnlySpan<byte> bytes, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mkostemp(byte* template, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchmod(int descriptor, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int rename(byte[] from, byte[] to);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unlink(byte[] path);

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);

    [LibraryImport("libc")]
    private static partial int glob(byte[] pattern, int flags, void* onError, GlobResult* result);

    [LibraryImport("libc")]
    private static partial void globfree(GlobResult* result);
#pragma warning restore SYSLIB1054, IDE1006, CA2101
}
