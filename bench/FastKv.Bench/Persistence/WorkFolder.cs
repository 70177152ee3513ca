// Where the servers of a report keep their files: on a real disk, and gone afterwards. Control plane.
namespace FastKv.Bench.Persistence;

/// <summary>A temporary folder.</summary>
internal sealed class WorkFolder : IDisposable
{
    /// <summary>Makes it.</summary>
    /// <param name="parent">Folder on the disk to measure.</param>
    public WorkFolder(string parent)
    {
        Path = System.IO.Path.Combine(System.IO.Path.GetFullPath(parent), $"fastkv-persistence-{Environment.ProcessId}-{Guid.NewGuid():N}");
        Directory.CreateDirectory(Path);
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>An empty folder in it; what was there of that name is deleted.</summary>
    public string Empty(string name)
    {
        string path = System.IO.Path.Combine(Path, name);
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
        Directory.CreateDirectory(path);
        return path;
    }

    /// <summary>A folder in it with copies of all that another one holds.</summary>
    public string Copy(string from, string name)
    {
        string to = Empty(name);
        foreach (string directory in Directory.GetDirectories(from, "*", SearchOption.AllDirectories))
            Directory.CreateDirectory(directory.Replace(from, to, StringComparison.Ordinal));
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
            File.Copy(file, file.Replace(from, to, StringComparison.Ordinal));
        return to;
    }

    /// <summary>Bytes of all files in a folder.</summary>
    public static long Bytes(string folder) =>
        new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length);

    /// <summary>Device and file system of a folder, from /proc/mounts.</summary>
    public static string Describe(string folder)
    {
        string path = System.IO.Path.GetFullPath(folder);
        string[][] mounts = [.. File.ReadLines("/proc/mounts").Select(l => l.Split(' ')).Where(m => path.StartsWith(m[1], StringComparison.Ordinal))];
        string[] mount = mounts.MaxBy(m => m[1].Length) ?? ["?", "/", "?"];
        return $"{mount[2]} on {mount[0]}";
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
