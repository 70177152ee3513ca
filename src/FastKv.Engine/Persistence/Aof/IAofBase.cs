using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Files;

namespace FastKv.Engine.Persistence.Aof;

/// <summary>
/// How the base of an AOF comes to be: the state of all partitions at the instant of <see cref="Begin"/>, at which all of them are held. It may be complete
/// when that returns, or become so while the server goes on.
/// </summary>
internal interface IAofBase
{
    /// <summary>Whether a base can be begun now; all partitions are held.</summary>
    bool CanBegin { get; }

    /// <summary>Begins to write the base to a file.</summary>
    /// <param name="partitions">All partitions, held by the caller until this returns.</param>
    /// <param name="files">Where files live.</param>
    /// <param name="path">The file to write; synced when complete.</param>
    /// <param name="completed">Called once, on any thread, with an errno.</param>
    void Begin(Partition[] partitions, IFileSystem files, string path, Action<int> completed);

    /// <summary>Ends what has been begun, if it goes on, without its rest; the errno tells that it was interrupted. Any thread.</summary>
    void Cancel();

    /// <summary>Waits until what was cancelled has been told to be over.</summary>
    void Wait();

    /// <summary>As <see cref="Begin"/>, and the base is complete (or has failed) when this returns.</summary>
    void Write(Partition[] partitions, IFileSystem files, string path, Action<int> completed);
}
