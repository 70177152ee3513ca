using FastKv.Engine.Persistence.Files;

namespace FastKv.Tests.Persistence;

/// <summary>The real file system, whose fsync takes as long as a test likes.</summary>
internal sealed class GatedFiles : IFileSystem, IDisposable
{
    private readonly SystemFiles _files = SystemFiles.Instance;
    private readonly ManualResetEventSlim _gate = new(true);
    private int _syncs;

    /// <summary>Fsyncs that have begun.</summary>
    public int Syncs => Volatile.Read(ref _syncs);

    /// <summary>The error of every fsync; 0: none.</summary>
    public volatile int Error;

    /// <summary>Fsyncs that begin from now on wait.</summary>
    public void Close() => _gate.Reset();

    public void Open() => _gate.Set();

    public int OpenForWriting(string path, bool append, out IOutputFile? file)
    {
        int error = _files.OpenForWriting(path, append, out var opened);
        file = opened is null ? null : new File(this, opened);
        return error;
    }

    public int OpenForReading(string path, out IInputFile? file) => _files.OpenForReading(path, out file);

    public int Rename(string from, string to) => _files.Rename(from, to);

    public int Delete(string path) => _files.Delete(path);

    public int CreateDirectory(string path) => _files.CreateDirectory(path);

    public bool Exists(string path) => _files.Exists(path);

    public int SyncDirectory(string path) => _files.SyncDirectory(path);

    public void Dispose()
    {
        _gate.Set();
        _gate.Dispose();
    }

    private sealed class File(GatedFiles files, IOutputFile file) : IOutputFile
    {
        public int Write(ReadOnlySpan<byte> bytes, out int written) => file.Write(bytes, out written);

        public int Sync()
        {
            Interlocked.Increment(ref files._syncs);
            files._gate.Wait();
            return files.Error != 0 ? files.Error : file.Sync();
        }

        public int SetLength(long length) => file.SetLength(length);

        public void Dispose() => file.Dispose();
    }
}
