namespace FastKv.Engine.Persistence.Files;

/// <summary>How a file is opened.</summary>
internal enum FileUse
{
    /// <summary>To be read.</summary>
    Read,

    /// <summary>Made if need be; every write goes to its end.</summary>
    Append,

    /// <summary>Made, or emptied.</summary>
    Replace,
}

/// <summary>
/// The files that persistence writes: the seam at which tests let a disk fail. Paths are Latin-1 text, a char per byte. Every call returns an errno, 0 for
/// success; handles are small numbers. Control plane, but for writing and syncing, which allocate nothing.
/// </summary>
internal interface IFileStore
{
    int Open(string path, FileUse use, out int handle);

    /// <summary>Writes at most all of the bytes; fewer is no error.</summary>
    int Write(int handle, ReadOnlySpan<byte> bytes, out int written);

    /// <summary>The file's data are on the disk when this returns.</summary>
    int Sync(int handle);

    int Truncate(int handle, long length);

    int Close(int handle);

    int Rename(string from, string to);

    int Delete(string path);

    int CreateDirectory(string path);

    /// <summary>Names made or changed in a directory are on the disk when this returns.</summary>
    int SyncDirectory(string path);

    /// <summary>Bytes of a file; −1: there is none.</summary>
    long Size(string path);
}
