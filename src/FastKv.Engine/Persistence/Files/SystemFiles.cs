using System.Runtime.InteropServices;

namespace FastKv.Engine.Persistence.Files;

// Control plane, but for Write and Sync of a file, which the journal may call in a turn: they allocate nothing.

/// <summary>The system's files.</summary>
internal sealed unsafe partial class SystemFiles : IFileSystem
{
    public static readonly SystemFiles Instance = new();

    private const int ReadOnly = 0;
    private const int WriteOnly = 1;
    private const int Create = 0x40;
    private const int Truncate = 0x200;
    private const int AtEnd = 0x400;
    private const int CloseOnExec = 0x80000;
    private const int Permissions = 0x1A4; // 0644, less the umask

    private const int DirectoryPermissions = 0x1ED; // 0755, less the umask
    private const int SeekEnd = 2;
    private const int ProtectRead = 1;
    private const int MapShared = 1;
    private const int AdviseSequential = 2;
    private const int AdviseDontNeed = 4;
    private const uint AwaitBefore = 1;
    private const uint BeginWriting = 2;
    private const uint AwaitAfter = 4;
    private const int GetFlags = 3;
    private const int SetFlags = 4;
    private const int DropBehind = 0x80; // RWF_DONTCACHE, Linux 6.14
    private const long PageBytes = 4096;
    private static readonly int s_direct = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x10000 : 0x4000;
    private static readonly nint s_mapFailed = -1;

    public int OpenForWriting(string path, bool append, out IOutputFile? file)
    {
        int handle = open(path, WriteOnly | Create | CloseOnExec | (append ? AtEnd : Truncate), Permissions);
        int error = handle < 0 ? Marshal.GetLastSystemError() : FileErrors.None;
        file = handle < 0 ? null : new OutputFile(handle, append ? Math.Max(0, lseek(handle, 0, SeekEnd)) : 0);
        return error;
    }

    public int OpenForStreaming(string path, out IOutputFile? file)
    {
        file = null;
        int error = OpenForWriting(path, append: false, out var buffered);
        if (error != FileErrors.None)
            return error;
        var opened = (OutputFile)buffered!;
        file = opened.TryBypassCache() ? new DirectFile(opened) : opened;
        return FileErrors.None;
    }

    public int OpenForReading(string path, out IInputFile? file)
    {
        file = null;
        int handle = open(path, ReadOnly | CloseOnExec, 0);
        if (handle < 0)
            return Marshal.GetLastSystemError();
        long length = lseek(handle, 0, SeekEnd);
        nint data = 0;
        int error = length < 0 ? Marshal.GetLastSystemError() : FileErrors.None;
        if (length > 0)
        {
            data = mmap(0, (nuint)length, ProtectRead, MapShared, handle, 0);
            if (data == s_mapFailed)
                error = Marshal.GetLastSystemError();
        }
        _ = close(handle);
        if (error != FileErrors.None)
            return error;
        long modified = new DateTimeOffset(File.GetLastWriteTimeUtc(path)).ToUnixTimeSeconds();
        file = new MappedFile((byte*)data, length, modified);
        return FileErrors.None;
    }

    public int Rename(string from, string to) => rename(from, to) == 0 ? FileErrors.None : Marshal.GetLastSystemError();

    public int Delete(string path) => unlink(path) == 0 ? FileErrors.None : Marshal.GetLastSystemError();

    public int CreateDirectory(string path) =>
        Directory.Exists(path) || mkdir(path, DirectoryPermissions) == 0 ? FileErrors.None : Marshal.GetLastSystemError();

    public bool Exists(string path) => File.Exists(path);

    public int SyncDirectory(string path)
    {
        int handle = open(path, ReadOnly | CloseOnExec, 0);
        if (handle < 0)
            return Marshal.GetLastSystemError();
        int error = fsync(handle) == 0 ? FileErrors.None : Marshal.GetLastSystemError();
        _ = close(handle);
        return error;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int handle);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int handle, byte* bytes, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pwritev2(int handle, IoVector* vectors, int count, long offset, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int handle, int command, int argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int handle);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fdatasync(int handle);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sync_file_range(int handle, long offset, long count, uint flags);

    [LibraryImport("libc")]
    private static partial int posix_fadvise(int handle, long offset, long count, int advice);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(int handle, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(int handle, long offset, int whence);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int rename(string from, string to);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int unlink(string path);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int mkdir(string path, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mmap(nint address, nuint length, int protection, int flags, int handle, nint offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int munmap(nint address, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int madvise(nint address, nuint length, int advice);

    private struct IoVector
    {
        public byte* Data;
        public nuint Length;
    }

    private sealed class OutputFile(int handle, long length) : IUncachedFile
    {
        /// <summary>
        /// Writes of this size leave the page cache as soon as they are on the disk, where the kernel can: a log that grows by 100 MB a second then always finds the same few
        /// pages for it, rather than pages that nobody has used for long (and that a virtual machine may have to ask its host for), and fsync finds little to do.
        /// Smaller ones do not begin to be written at once: a trickle would be a disk operation each.
        /// </summary>
        private const int DroppedBytesMin = 128 * 1024;

        private int _handle = handle;
        private long _length = length;
        private bool _drops = true;

        /// <summary>From now on memory and file offset of a write must be aligned; false: this file system cannot do that, and all is as before.</summary>
        public bool TryBypassCache()
        {
            bool bypasses = fcntl(_handle, SetFlags, fcntl(_handle, GetFlags, 0) | s_direct) == 0;
            _drops = !bypasses;
            return bypasses;
        }

        public void UseCache()
        {
            _ = fcntl(_handle, SetFlags, fcntl(_handle, GetFlags, 0) & ~s_direct);
            _drops = true;
        }

        public int Write(ReadOnlySpan<byte> bytes, out int written)
        {
            nint result;
            fixed (byte* start = bytes)
            {
                // Without a beginning of a page at the end, which would have to be read back for what comes next.
                int whole = bytes.Length - (int)((_length + bytes.Length) & (PageBytes - 1));
                result = _drops && whole >= DroppedBytesMin ? WriteDropped(start, whole) : write(_handle, start, (nuint)bytes.Length);
            }
            written = result < 0 ? 0 : (int)result;
            _length += written;
            return result < 0 ? Marshal.GetLastSystemError() : FileErrors.None;
        }

        // Data and length: what reading needs.
        public int Sync() => fdatasync(_handle) == 0 ? FileErrors.None : Marshal.GetLastSystemError();

        public int WriteBack(long before, long offset, long end)
        {
            _ = sync_file_range(_handle, offset, end - offset, BeginWriting);
            if (before >= offset || sync_file_range(_handle, before, offset - before, AwaitBefore | BeginWriting | AwaitAfter) == 0)
                return FileErrors.None;

            // The kernel tells an error of the disk once per open file, so it is not for fsync to find. That there is no such call is none.
            int error = Marshal.GetLastSystemError();
            return error is FileErrors.Invalid or FileErrors.NoSeek or FileErrors.NoSuchCall ? FileErrors.None : error;
        }

        public void Release(long offset, long end) => _ = posix_fadvise(_handle, offset, end - offset, AdviseDontNeed);

        public int SetLength(long length)
        {
            _length = length;
            return ftruncate(_handle, length) == 0 ? FileErrors.None : Marshal.GetLastSystemError();
        }

        public void Dispose()
        {
            if (_handle >= 0)
                _ = close(_handle);
            _handle = -1;
        }

        private nint WriteDropped(byte* start, int count)
        {
            var vector = new IoVector { Data = start, Length = (nuint)count };
            nint result = pwritev2(_handle, &vector, 1, -1, DropBehind);
            if (result >= 0 || Marshal.GetLastSystemError() is not (FileErrors.NotSupported or FileErrors.Invalid))
                return result;
            _drops = false;
            return write(_handle, start, (nuint)count);
        }
    }

    private sealed class MappedFile : IInputFile
    {
        private long _released;

        public MappedFile(byte* data, long length, long modifiedSeconds)
        {
            Data = data;
            Length = length;
            ModifiedSeconds = modifiedSeconds;
            if (length > 0)
                _ = madvise((nint)data, (nuint)length, AdviseSequential);
        }

        public byte* Data { get; private set; }

        public long Length { get; }

        public long ModifiedSeconds { get; }

        public void Release(long offset)
        {
            offset &= -PageBytes;
            if (offset <= _released)
                return;
            _ = madvise((nint)(Data + _released), (nuint)(offset - _released), AdviseDontNeed);
            _released = offset;
        }

        public void Dispose()
        {
            if (Data != null)
                _ = munmap((nint)Data, (nuint)Length);
            Data = null;
        }
    }
}
