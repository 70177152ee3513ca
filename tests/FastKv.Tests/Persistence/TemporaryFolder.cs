namespace FastKv.Tests.Persistence;

/// <summary>A folder for snapshots, deleted at the end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("fastkv-rdb-").FullName;

    /// <summary>The snapshot in it.</summary>
    public string File => System.IO.Path.Combine(Path, "dump.rdb");

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
