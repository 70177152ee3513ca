using System.Runtime.InteropServices;

namespace FastKv.Engine.Persistence.Files;

// The seam between persistence and the file system: everything that is read or written passes here, so that tests can put a file system in its place that is
// full, broken or slow. Results are errno, 0 for success: callers decide what a failure means, and none is an exception.

/// <summary>The file system as persistence sees it. Any thread.</summary>
internal interface IFileSystem
{
    /// <summary>Opens a file for writing: empty, or (<paramref name="append"/>) at its end; makes it if it is not there.</summary>
    int OpenForWriting(string path, bool append, out IOutputFile? file);

    /// <summary>
    /// Opens an empty file for much that is written at a stretch and not read soon: where the file system can, past the page cache. Only what was synced is in it for
    /// certain, whatever has been written, and an error may come with a later call.
    /// </summary>
    int OpenForStreaming(string path, out IOutputFile? file) => OpenForWriting(path, append: false, out file);

    /// <summary>Opens a file for reading, its whole content in memory as it is touched.</summary>
    int OpenForReading(string path, out IInputFile? file);

    /// <summary>Renames a file over another one.</summary>
    int Rename(string from, string to);

    int Delete(string path);

    bool Exists(string path);

    /// <summary>Makes a directory; that there is one already is no error.</summary>
    int CreateDirectory(string path);

    /// <summary>Makes renames and new names in a directory durable.</summary>
    int SyncDirectory(string path);
}

/// <summary>A file that is written from front to back. One thread at a time; disposing closes it.</summary>
internal interface IOutputFile : IDisposable
{
    /// <summary>Writes some of the bytes: perhaps fewer than there are, without an error.</summary>
    int Write(ReadOnlySpan<byte> bytes, out int written);

    /// <summary>Makes what was written durable.</summary>
    int Sync();

    /// <summary>
    /// Begins to bring a stretch of what was written to the disk, and waits for the one before it; says nothing of safety. An error of the disk that is met while waiting
    /// is told here, and <see cref="Sync"/> does not know of it any more.
    /// </summary>
    /// <param name="before">Where the one before it began.</param>
    /// <param name="offset">Where the stretch begins.</param>
    /// <param name="end">Where the stretch ends.</param>
    int WriteBack(long before, long offset, long end) => FileErrors.None;

    /// <summary>Tells that what stands between two offsets, all of it synced, will not be read soon; a hint.</summary>
    void Release(long offset, long end)
    {
    }

    /// <summary>Cuts or extends the file.</summary>
    int SetLength(long length);
}

/// <summary>A file that is read. Any thread; disposing closes it.</summary>
internal unsafe interface IInputFile : IDisposable
{
    /// <summary>The content; valid until the file is closed.</summary>
    byte* Data { get; }

    long Length { get; }

    /// <summary>When it was last modified, Unix seconds.</summary>
    long ModifiedSeconds { get; }

    /// <summary>Tells that the bytes before an offset will not be read again.</summary>
    void Release(long offset);
}

/// <summary>Error numbers that callers tell apart, and texts for all.</summary>
internal static class FileErrors
{
    public const int None = 0;
    public const int NoSuchFile = 2;
    public const int Interrupted = 4;
    public const int IoError = 5;
    public const int Invalid = 22;
    public const int NoSpace = 28;
    public const int NoSeek = 29;
    public const int NoSuchCall = 38;
    public const int NotSupported = 95;

    public static string TextOf(int error) => Marshal.GetPInvokeErrorMessage(error);

    /// <summary>Writes all bytes, in as many calls as it takes.</summary>
    public static int WriteAll(this IOutputFile file, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int error = file.Write(bytes, out int written);
            if (error != None && error != Interrupted)
                return error;
            bytes = bytes[written..];
        }
        return None;
    }
}
