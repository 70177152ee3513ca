using FastKv.Engine.Persistence.Files;

namespace FastKv.Tests.Persistence;

/// <summary>The real file system, all files in one folder, each of whose calls takes as long as a test wishes, or until it lets them go on.</summary>
internal sealed class SlowFiles(string folder) : PassingFiles(folder), IDisposable
{
    /// <summary>Closed: a write does not end.</summary>
    public ManualResetEventSlim WriteGate { get; } = new(initialState: true);

    /// <summary>Closed: a fsync does not end.</summary>
    public ManualResetEventSlim SyncGate { get; } = new(initialState: true);

    /// <summary>A fsync that came to the closed gate.</summary>
    public volatile bool IsSyncHeld;

    /// <summary>Milliseconds that each write takes at least.</summary>
    public volatile int WriteMs;

    /// <summary>Milliseconds that each fsync takes at least.</summary>
    public volatile int SyncMs;

    /// <summary>Milliseconds that each rename takes at least.</summary>
    public volatile int RenameMs;

    /// <summary>Milliseconds that each deletion takes at least.</summary>
    public volatile int DeleteMs;

    /// <summary>The error of every write; 0: none.</summary>
    public volatile int WriteError;

    public override int Delete(string path)
    {
        Thread.Sleep(DeleteMs);
        return base.Delete(path);
    }

    public override int Rename(string from, string to)
    {
        Thread.Sleep(RenameMs);
        return base.Rename(from, to);
    }

    /// <summary>Nothing is held up any more.</summary>
    public void LetGo()
    {
        (WriteMs, SyncMs, RenameMs, DeleteMs) = (0, 0, 0, 0);
        WriteGate.Set();
        SyncGate.Set();
    }

    public void Dispose()
    {
        WriteGate.Dispose();
        SyncGate.Dispose();
    }

    protected override IOutputFile Wrap(IOutputFile file) => new File(this, file);

    private sealed class File(SlowFiles files, IOutputFile file) : IOutputFile
    {
        public int Write(ReadOnlySpan<byte> bytes, out int written)
        {
            Thread.Sleep(files.WriteMs);
            files.WriteGate.Wait();
            written = 0;
            return files.WriteError != 0 ? files.WriteError : file.Write(bytes, out written);
        }

        public int Sync()
        {
            Thread.Sleep(files.SyncMs);
            files.IsSyncHeld |= !files.SyncGate.IsSet;
            files.SyncGate.Wait();
            return file.Sync();
        }

        public int SetLength(long length) => file.SetLength(length);

        public void Dispose() => file.Dispose();
    }
}
