using System.Runtime.InteropServices;
using System.Text;

namespace FastKv.Engine.Persistence.Files;

/// <summary>The host's file system. Control plane.</summary>
internal sealed unsafe partial class HostFileStore : IFileStore
{
    private const int InterruptedErrno = 4;
    private const int ExistsErrno = 17;
    private const int CloseOnExec = 0x80000;
    private const int WriteOnly = 1;
    private const int Create = 0x40;
    private const int Truncating = 0x200;
    private const int Appending = 0x400;
    private const int OnlyDirectory = 0x10000;
    private const int FilePermission = 0x1A4; // 0644
    private const int DirectoryPermission = 0x1ED; // 0755

    /// <summary>The one that servers use.</summary>
    public static readonly HostFileStore Instance = new();

    private HostFileStore()
    {
    }

    /// <summary>The text of an errno, as the C library has it.</summary>
    public static string Message(int error) => Marshal.GetPInvokeErrorMessage(error);

    public int Open(string path, FileUse use, out int handle)
    {
        int flags = use switch
        {
            FileUse.Append => WriteOnly | Create | Appending,
            FileUse.Replace => WriteOnly | Create | Truncating,
            _ => 0,
        };
        handle = open(Bytes(path), flags | CloseOnExec, FilePermission);
        return handle < 0 ? Marshal.GetLastPInvokeError() : 0;
    }

    public int Write(int handle, ReadOnlySpan<byte> bytes, out int written)
    {
        while (true)
        {
            nint count = write(handle, bytes, (nuint)bytes.Length);
            written = (int)nint.Max(count, 0);
            if (count >= 0)
                return 0;
            int error = Marshal.GetLastPInvokeError();
            if (error != InterruptedErrno)
                return error;
        }
    }

    public int Sync(int handle) => Result(fdatasync(handle));

    public int Truncate(int handle, long length) => Result(ftruncate(handle, length));

    public int Close(int handle) => Result(close(handle));

    public int Rename(string from, string to) => Result(rename(Bytes(from), Bytes(to)));

    public int Delete(string path) => Result(unlink(Bytes(path)));

    public int CreateDirectory(string path)
    {
        int error = Result(mkdir(Bytes(path), DirectoryPermission));
        return error == ExistsErrno ? 0 : error;
    }

    public int SyncDirectory(string path)
    {
        int handle = open(Bytes(path), OnlyDirectory | CloseOnExec, 0);
        if (handle < 0)
            return Marshal.GetLastPInvokeError();
        int error = Result(fsync(handle));
        _ = close(handle);
        return error;
    }

    public long Size(string path)
    {
        var file = new FileInfo(SystemPath(path));
        return file.Exists ? file.Length : -1;
    }

    /// <summary>The path as .NET takes it.</summary>
    public static string SystemPath(string path) => Configuration.ConfigText.ToPath(path);

    private static int Result(int result) => result == 0 ? 0 : Marshal.GetLastPInvokeError();

    private static byte[] Bytes(string path) => Encoding.Latin1.GetBytes(path + "\0");

#pragma warning disable SYSLIB1054, IDE1006, CA2101
    [LibraryImport("libc", SetLastError = true)]
    private static partial int open(byte[] path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int descriptor, ReadOnlySpan<byte> bytes, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fdatasync(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(int descriptor, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int rename(byte[] from, byte[] to);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unlink(byte[] path);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mkdir(byte[] path, int mode);
#pragma warning restore SYSLIB1054, IDE1006, CA2101
}
