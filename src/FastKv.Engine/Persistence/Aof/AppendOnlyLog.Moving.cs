using FastKv.Engine.Configuration;
using FastKv.Engine.Persistence.Files;

namespace FastKv.Engine.Persistence.Aof;

// Control plane. After CONFIG SET dir the log stays where it is until the next rewrite, as redis-server's does. The rewrite writes its base to the new
// directory, while the log goes on in the old one; when the base is complete the increments behind it are copied to its side, and a manifest there names them
// all. So at any time one of the directories has a log that is complete, the old one until the new one's manifest is in its place. The old one is left as it
// was then.
internal sealed partial class AppendOnlyLog
{
    private const int CopyBytes = 1 << 30;

    /// <summary>
    /// The writer's thread: the log moves to the directory where the base has been written. An errno; with one it stays, or is named there all the same.
    /// </summary>
    private int Move()
    {
        int error = LoadManifest(_rewriteDirectory, out var next);
        if (error != 0)
            return error;

        // What is there of another log is history.
        next.ContinueAfter(_manifest, _firstNewIncrement);
        var file = next.ReplaceBase(_options.AppendFileName!, _isRdbBase, next.Increments.Count);
        int written = _manifest.Increments.Count - _server.Partitions.Length;
        for (int i = _firstNewIncrement; error == 0 && i < _manifest.Increments.Count; i++)
            error = CopyIncrement(PathOf(_manifest.Increments[i].Name), PathAt(next.AddIncrement(_options.AppendFileName!)), shard: i - written);
        bool isInPlace = false;
        if (error == 0)
            error = RenameBase(PathAt(file));
        if (error == 0)
            error = next.Save(_files, _rewriteDirectory, ManifestName, out isInPlace);
        if (!isInPlace)
        {
            _writer.CloseNext();
            foreach (var copy in next.Increments.Append(file))
                _ = _files.Delete(PathAt(copy));
            return error;
        }
        _writer.TakeNext();
        _manifest = next;
        _isManifestDurable = error == 0;
        DirectoryPath = _rewriteDirectory;
        CountOlder();
        _server.Log.Notice($"The append-only file has moved to {DirectoryPath}");
        return error;

        string PathAt(AofFile named) => Path.Combine(_rewriteDirectory, ConfigText.ToPath(named.Name));
    }

    /// <summary>Copies an increment, and syncs the copy, which a shard (negative: none) goes on writing to if the log moves. An errno.</summary>
    private unsafe int CopyIncrement(string from, string to, int shard)
    {
        int error = _files.OpenForReading(from, out var source);
        if (error != 0)
            return error;
        using (source)
        {
            error = _files.OpenForWriting(to, append: false, out var target);
            if (error != 0)
                return error;
            for (long at = 0; error == 0 && at < source!.Length; at += CopyBytes)
                error = target!.WriteAll(new ReadOnlySpan<byte>(source.Data + at, (int)Math.Min(CopyBytes, source.Length - at)));
            if (error == 0)
                error = target!.Sync();
            if (error == 0 && shard >= 0)
                _writer.Next[shard].Open(target!, source!.Length);
            else
                target!.Dispose();
            return error;
        }
    }
}
