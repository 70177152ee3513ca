using FastKv.Engine.Persistence.Files;

namespace FastKv.Tests.Persistence;

/// <summary>The real file system, all files in one folder; what is written goes through a file of the test's own.</summary>
internal abstract class PassingFiles(string folder) : IFileSystem
{
    private readonly FileFaults _files = new(folder);

    public int OpenForWriting(string path, bool append, out IOutputFile? file)
    {
        int result = _files.OpenForWriting(path, append, out var opened);
        file = opened is null ? null : Wrap(path, opened);
        return result;
    }

    public int OpenForReading(string path, out IInputFile? file) => _files.OpenForReading(path, out file);

    public virtual int Rename(string from, string to) => _files.Rename(from, to);

    public virtual int Delete(string path) => _files.Delete(path);

    public bool Exists(string path) => _files.Exists(path);

    public int CreateDirectory(string path) => _files.CreateDirectory(path);

    public int SyncDirectory(string path) => _files.SyncDirectory(path);

    /// <summary>What is given out in the place of a file whose name may matter.</summary>
    protected virtual IOutputFile Wrap(string path, IOutputFile file) => Wrap(file);

    /// <summary>What is given out in a file's place.</summary>
    protected abstract IOutputFile Wrap(IOutputFile file);
}
