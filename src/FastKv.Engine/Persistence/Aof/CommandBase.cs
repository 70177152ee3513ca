using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Files;
using FastKv.Engine.Persistence.Journal;
using FastKv.Memory;
using FastKv.Structures;

namespace FastKv.Engine.Persistence.Aof;

/// <summary>
/// A base of commands, as with <c>aof-use-rdb-preamble no</c>: every key as the commands that make it. It is written while all partitions are held. Control
/// plane.
/// </summary>
internal sealed unsafe class CommandBase : IAofBase
{
    private const long WriteBytes = 1 << 20;

    public bool CanBegin => true;

    public void Write(Partition[] partitions, IFileSystem files, string path, Action<int> completed) => Begin(partitions, files, path, completed);

    public void Begin(Partition[] partitions, IFileSystem files, string path, Action<int> completed)
    {
        int error = files.OpenForWriting(path, append: false, out var file);
        if (error == 0)
        {
            using var output = file!;
            NativeBuffer text = default;
            for (int i = 0; i < partitions[0].Databases.Length && error == 0; i++)
                error = WriteDatabase(partitions, i, output, ref text);
            if (error == 0)
                error = Flush(output, ref text);
            text.Release();
            if (error == 0)
                error = output.Sync();
        }
        completed(error);
    }

    public void Cancel()
    {
        // Complete when Begin returns.
    }

    public void Wait()
    {
        // As above.
    }

    private static int WriteDatabase(Partition[] partitions, int index, IOutputFile output, ref NativeBuffer text)
    {
        bool isSelected = false;
        foreach (var partition in partitions)
        {
            var database = partition.Databases[index];
            if (database.Count == 0)
                continue;
            if (!isSelected)
            {
                EffectText.Header(ref text, 2);
                EffectText.Argument(ref text, "SELECT"u8);
                EffectText.Argument(ref text, index);
                isSelected = true;
            }
            ulong position = 0;
            do
            {
                var visitor = new Visitor { Text = text, Database = database };
                position = database.Scan(position, ref visitor);
                text = visitor.Text;
                if (text.Length >= WriteBytes && Flush(output, ref text) is var error && error != 0)
                    return error;
            }
            while (position != 0);
        }
        return 0;
    }

    private static int Flush(IOutputFile output, ref NativeBuffer text)
    {
        while (text.Length > 0)
        {
            int error = output.Write(new ReadOnlySpan<byte>(text.Data, (int)Math.Min(text.Length, int.MaxValue)), out int written);
            if (error != 0)
                return error;
            text.RemovePrefix(written);
        }
        return 0;
    }

    private struct Visitor : IEntryVisitor
    {
        public NativeBuffer Text;
        public Database Database;

        public void Visit(byte* entry)
        {
            var view = new EntryRef(entry);
            if (!view.HasExpiry || view.ExpiryMs > Database.Partition.NowMs)
                KeyImage.Write(ref Text, view, Database);
        }
    }
}
