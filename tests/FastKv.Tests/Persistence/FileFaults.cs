using FastKv.Engine.Persistence.Files;

namespace FastKv.Tests.Persistence;

/// <summary>
/// The real file system, all files in one folder, with a fault at one of its calls: the n-th one fails with an error, or writes only some of the bytes.
/// </summary>
internal sealed class FileFaults(string folder) : IFileSystem
{
    private readonly SystemFiles _files = SystemFiles.Instance;

    private int _calls;

    /// <summary>Calls so far, of all threads.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>The call that fails, counted from 1; 0: none.</summary>
    public int FailsAt { get; set; }

    /// <summary>Its error; 0: a write that is cut short, which is none.</summary>
    public int Error { get; set; }

    public int OpenForWriting(string path, bool append, out IOutputFile? file)
    {
        file = null;
        if (Next() is int error and not 0)
            return error;
        int result = _files.OpenForWriting(Here(path), append, out var opened);
        file = opened is null ? null : new File(this, opened);
        return result;
    }

    public int OpenForReading(string path, out IInputFile? file) => _files.OpenForReading(Here(path), out file);

    public int Rename(string from, string to) => Next() is int error and not 0 ? error : _files.Rename(Here(from), Here(to));

    public int Delete(string path) => _files.Delete(Here(path));

    public int CreateDirectory(string path) => _files.CreateDirectory(Here(path));

    public bool Exists(string path) => _files.Exists(Here(path));

    public int SyncDirectory(string path) => Next() is int error and not 0 ? error : _files.SyncDirectory(folder);

    public void Reset(int failsAt, int error) => (_calls, FailsAt, Error) = (0, failsAt, error);

    private string Here(string path) => Path.Combine(folder, Path.GetFileName(path));

    private int Next() => Next(out _);

    private int Next(out bool isFault)
    {
        isFault = Interlocked.Increment(ref _calls) == FailsAt;
        return isFault ? Error : 0;
    }

    private sealed class File(FileFaults faults, IOutputFile file) : IOutputFile
    {
        public int Write(ReadOnlySpan<byte> bytes, out int written)
        {
            written = 0;
            int error = faults.Next(out bool isFault);
            if (error != 0)
                return error;
            return file.Write(isFault ? bytes[..(bytes.Length / 2)] : bytes, out written);
        }

        public int Sync() => faults.Next() is int error and not 0 ? error : file.Sync();

        public int SetLength(long length) => file.SetLength(length);

        public void Dispose() => file.Dispose();
    }
}
