using System.Runtime.InteropServices;

namespace FastKv.Engine.Persistence.Files;

// Control plane, but for Write and Sync, which allocate nothing.

/// <summary>A file whose writes go past the page cache: what is written, and where it lies in memory and in the file, is then whole blocks.</summary>
internal interface IUncachedFile : IOutputFile
{
    /// <summary>From now on writes go through the page cache, and may be of any bytes.</summary>
    void UseCache();
}

/// <summary>
/// A file past the page cache: the disk takes whole blocks from a buffer of its own, and the thread that writes sleeps meanwhile. Through the cache the same
/// bytes cost a copy into pages that the kernel has to find first, and their way to the disk all at once: time of a core that a shard may need, without a break.
/// What is left at the end, and everything once the file system has refused a block, goes through the cache.
/// </summary>
internal sealed unsafe class DirectFile(IUncachedFile file) : IOutputFile
{
    /// <summary>The size of a write, but for the last.</summary>
    public const int StagedBytesMax = 256 * 1024;

    /// <summary>No file system asks for larger ones.</summary>
    public const int BlockBytes = 4096;

    /// <summary>The buffer of a file that was closed, for the next one: memory that is new to the process is dear (SnapshotChunks).</summary>
    private static nint s_free;

    private byte* _staged = TakeBuffer();
    private int _stagedBytes;
    private bool _isDirect = true;

    public int Write(ReadOnlySpan<byte> bytes, out int written)
    {
        written = 0;
        if (_stagedBytes == StagedBytesMax && Flush() is int error and not FileErrors.None)
            return error;
        written = Math.Min(bytes.Length, StagedBytesMax - _stagedBytes);
        bytes[..written].CopyTo(new Span<byte>(_staged + _stagedBytes, written));
        _stagedBytes += written;
        return FileErrors.None;
    }

    public int Sync()
    {
        int error = Flush();
        return error == FileErrors.None ? file.Sync() : error;
    }

    public int WriteBack(long before, long offset, long end) => _isDirect ? FileErrors.None : file.WriteBack(before, offset, end);

    public int SetLength(long length)
    {
        int error = Flush();
        return error == FileErrors.None ? file.SetLength(length) : error;
    }

    public void Dispose()
    {
        if (_staged != null && Interlocked.CompareExchange(ref s_free, (nint)_staged, 0) != 0)
            NativeMemory.AlignedFree(_staged);
        _staged = null;
        file.Dispose();
    }

    private static byte* TakeBuffer()
    {
        nint free = Interlocked.Exchange(ref s_free, 0);
        return free != 0 ? (byte*)free : (byte*)NativeMemory.AlignedAlloc(StagedBytesMax, BlockBytes);
    }

    /// <summary>Writes what is staged; what an error leaves stays staged.</summary>
    private int Flush()
    {
        int done = 0;
        int error = FileErrors.None;
        while (done < _stagedBytes && error is FileErrors.None or FileErrors.Interrupted)
        {
            // The end is no whole block, and neither is what a write that was cut short may leave.
            if (_isDirect && ((_stagedBytes | done) & (BlockBytes - 1)) != 0)
                UseCache();
            error = file.Write(new ReadOnlySpan<byte>(_staged + done, _stagedBytes - done), out int written);
            done += written;
            if (error == FileErrors.Invalid && _isDirect)
            {
                UseCache();
                error = FileErrors.None;
            }
        }
        _stagedBytes -= done;
        new ReadOnlySpan<byte>(_staged + done, _stagedBytes).CopyTo(new Span<byte>(_staged, StagedBytesMax));
        return error;
    }

    private void UseCache()
    {
        _isDirect = false;
        file.UseCache();
    }
}
