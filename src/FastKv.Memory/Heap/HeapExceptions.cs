namespace FastKv.Memory;

/// <summary>A guarded heap found memory that was written out of bounds or after its free, or a block freed twice or with a wrong size.</summary>
public sealed class HeapCorruptionException(string message) : InvalidOperationException(message);

/// <summary>A guarded heap was disposed of while blocks were live. The message lists their count, sizes and first bytes.</summary>
public sealed class HeapLeakException(string message) : InvalidOperationException(message);
