using FastKv.Engine.Persistence.Files;

namespace FastKv.Tests.Persistence;

/// <summary>What is done with a file.</summary>
public enum FileCall
{
    Open,
    Write,
    Sync,
    Rename,
    SyncDirectory,
}

/// <summary>
/// The real file system, all files in one folder, which asks the test before each call what becomes of it; the test may also keep it waiting.
/// </summary>
internal sealed class FailingFiles(string folder) : IFileSystem
{
    private readonly FileFaults _files = new(folder);

    /// <summary>The errno of a call, by the file's name (of a renamed one: the new name); 0: it succeeds.</summary>
    public volatile Func<string, FileCall, int> Fault = (_, _) => 0;

    public int OpenForWriting(string path, bool append, out IOutputFile? file)
    {
        file = null;
        string name = Path.GetFileName(path);
        if (Fault(name, FileCall.Open) is int error and not 0)
            return error;
        int result = _files.OpenForWriting(path, append, out var opened);
        file = opened is null ? null : new File(this, name, opened);
        return result;
    }

    public int OpenForReading(string path, out IInputFile? file) => _files.OpenForReading(path, out file);

    public int Rename(string from, string to) => Fault(Path.GetFileName(to), FileCall.Rename) is int error and not 0 ? error : _files.Rename(from, to);

    public int Delete(string path) => _files.Delete(path);

    public bool Exists(string path) => _files.Exists(path);

    public int CreateDirectory(string path) => _files.CreateDirectory(path);

    public int SyncDirectory(string path) =>
        Fault(Path.GetFileName(path), FileCall.SyncDirectory) is int error and not 0 ? error : _files.SyncDirectory(path);

    private sealed class File(FailingFiles files, string name, IOutputFile file) : IOutputFile
    {
        public int Write(ReadOnlySpan<byte> bytes, out int written)
        {
            written = 0;
            return files.Fault(name, FileCall.Write) is int error and not 0 ? error : file.Write(bytes, out written);
        }

        public int Sync() => files.Fault(name, FileCall.Sync) is int error and not 0 ? error : file.Sync();

        public int SetLength(long length) => file.SetLength(length);

        public void Dispose() => file.Dispose();
    }
}
